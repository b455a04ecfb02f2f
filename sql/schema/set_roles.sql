-- Hands the names to roles.sql for this transaction; DO takes no parameters.
select
    set_config('videovoice.application_role', coalesce(@applicationRole, ''), true),
    set_config('videovoice.monitoring_role', coalesce(@monitoringRole, ''), true);
