-- Records a migration in the transaction that applied it.
insert into videovoice_migrations (version, name)
values (@version, @name);
