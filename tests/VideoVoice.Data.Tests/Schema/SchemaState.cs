using Dapper;
using Npgsql;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>
/// All that a database holds beside what the server brings, as lines from the catalogs, to be compared with the same of another moment. It needs no pg_dump,
/// which must be as new as the server.
/// </summary>
internal static class SchemaState
{
    private const string Objects = """
        with own as (
            select n.oid, n.nspname
            from pg_namespace n
            where n.nspname !~ '^pg_'
                and n.nspname <> 'information_schema'
        ),
        relation as (
            select c.oid, c.oid::regclass::text as name, c.relkind, c.relowner, c.relacl, c.reloptions, c.relrowsecurity, c.relpersistence
            from pg_class c
            join own on own.oid = c.relnamespace
        ),
        routine as (
            select p.oid, p.proowner, p.proacl
            from pg_proc p
            join own on own.oid = p.pronamespace
            where p.prokind in ('f', 'p')
                and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
        )
        select format('schema %s %s', nspname, oid) from own
        union all
        select format('enum %s %s', t.typname, string_agg(e.enumlabel, ',' order by e.enumsortorder))
        from pg_type t join own on own.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid group by t.typname
        union all
        select format('relation %s %s owner %s rights %s options %s %s %s', r.relkind, r.name, r.relowner, r.relacl, r.reloptions, r.relrowsecurity, r.relpersistence) from relation r
        union all
        select format('column %s %s %s %s null %s default %s identity %s generated %s', r.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
        from relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
        union all
        select format('constraint %s %s %s %s', r.name, c.conname, pg_get_constraintdef(c.oid), c.convalidated) from relation r join pg_constraint c on c.conrelid = r.oid
        union all
        select format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid) from relation r join pg_index i on i.indexrelid = r.oid
        union all
        select format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled) from relation r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
        union all
        select format('view %s %s', r.name, pg_get_viewdef(r.oid)) from relation r where r.relkind in ('v', 'm')
        union all
        select format('policy %s %s %s', r.name, p.polname, pg_get_expr(p.polqual, p.polrelid)) from relation r join pg_policy p on p.polrelid = r.oid
        union all
        select format('routine %s owner %s rights %s', pg_get_functiondef(p.oid), p.proowner, p.proacl) from routine p
        union all
        select format('publication %s %s', p.pubname, to_jsonb(r)) from pg_publication p left join pg_publication_rel r on r.prpubid = p.oid
        union all
        select format('extension %s %s', e.extname, e.extversion) from pg_extension e
        union all
        select format('comment %s %s', d.objoid, d.description) from pg_description d where d.objoid in (select oid from relation union select oid from routine)
        order by 1
        """;

    private const string Tables = """
        select c.oid::regclass::text
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r'
            and n.nspname !~ '^pg_'
            and n.nspname <> 'information_schema'
        order by 1
        """;

    internal static async Task<string> ReadAsync(string connectionString, bool withRows, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, SearchPath = "pg_catalog" }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var lines = (await connection.QueryAsync<string>(Objects)).AsList();
        foreach (var table in withRows ? await connection.QueryAsync<string>(Tables) : [])
            lines.AddRange((await connection.QueryAsync<string>($"select t::text from only {table} t order by 1")).Select(row => $"{table}: {row}"));
        return string.Join('\n', lines);
    }
}
