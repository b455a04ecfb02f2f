-- Until the end of the transaction names mean what the server ships, whatever others have put into the path.
set local search_path to pg_catalog;
