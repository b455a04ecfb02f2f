using Spectre.Console;
using VideoVoice.Data;

namespace VideoVoice.Sample;

/// <summary>The four common troubles with the database, each with its cause and its cure.</summary>
internal static class Troubles
{
    private static readonly (ConnectionProblem Problem, string Name, string Cause, string Cure)[] s_all =
    [
        (ConnectionProblem.ConnectionRefused, "Connection refused",
            "No PostgreSQL answers at the host and port: the service is stopped, they are wrong, or a firewall is in between.",
            "Start the PostgreSQL service; compare POSTGRES_HOST and POSTGRES_PORT with its listen_addresses and port; open the network."),
        (ConnectionProblem.AuthenticationFailed, "Authentication failed",
            "The server does not know the user, the password is wrong, or pg_hba.conf has no line for this client.",
            "Verify POSTGRES_USER and POSTGRES_PASSWORD; reset with: alter role NAME password '...'; add the client to pg_hba.conf."),
        (ConnectionProblem.DatabaseNotFound, "Database not found",
            "The server has no database of the configured name: the initialization has not run, or DATABASE_NAME is wrong.",
            "Run the sub-command init, which creates the database and its tables, or correct DATABASE_NAME."),
        (ConnectionProblem.PermissionDenied, "Permission denied",
            "The user may not connect to the database or not use its tables.",
            "As the owner: grant connect on database NAME to USER; grant usage on schema public to USER; grant select, insert, update, delete on all tables in schema public to USER."),
    ];

    /// <summary>All of them, with a mark at the one that occurs.</summary>
    public static Table ToTable(ConnectionProblem? occurs)
    {
        var table = new Table { ShowRowSeparators = true }.AddColumns("", "Trouble", "Cause", "Cure");
        foreach (var (problem, name, cause, cure) in s_all)
            table.AddRow(new Text(problem == occurs ? "=>" : ""), new Text(name), new Text(cause), new Text(cure));

        return table;
    }
}
