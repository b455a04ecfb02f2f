-- CREATE DATABASE takes no parameters: the server quotes the name.
select format('create database %I', @database::text);
