using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;

namespace VideoVoice.Data.Registration;

/// <summary>Describes what is wrong with a connection string without repeating any of its values.</summary>
internal static partial class ConnectionStrings
{
    private const string Form = "Write it as Host=...;Port=...;Username=...;Password=...;Database=...; values with ; or = stand in quotes.";

    /// <summary>Host and port, of several hosts each: <c>one:5432, two:5433</c>.</summary>
    internal static string ServerOf(NpgsqlConnectionStringBuilder target) => string.Join(
        ", ",
        (target.Host ?? "").Split(',', StringSplitOptions.TrimEntries).Select(host => PortPattern().IsMatch(host) ? host : $"{host}:{target.Port}"));

    /// <returns>Null when it can be read.</returns>
    internal static string? Fault(string connectionString)
    {
        if (LibpqPattern().IsMatch(connectionString))
            return $"The connection string is written for libpq, as a URI or with spaces between its parts. {Form}";

        DbConnectionStringBuilder parts;
        try
        {
            parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException)
        {
            return $"The connection string cannot be read. {Form}";
        }

        foreach (string key in parts.Keys)
        {
            try
            {
                _ = new NpgsqlConnectionStringBuilder { [key] = parts[key] };
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or KeyNotFoundException)
            {
                // A key that Npgsql does not know may be a part of a password.
                return new NpgsqlConnectionStringBuilder().TryGetValue(key, out _)
                    ? $"The connection string cannot be read: the value of '{key}' is none that Npgsql takes. {Form}"
                    : $"The connection string cannot be read: it has a key that Npgsql does not know. {Form}";
            }
        }

        return null;
    }

    [GeneratedRegex(@"^\s*(postgres(ql)?://|[^;]*\b(host|hostaddr|port|dbname|user|password)\s*=[^;=]*\s(host|port|dbname|user|password|sslmode)\s*=[^;]*$)", RegexOptions.IgnoreCase)]
    private static partial Regex LibpqPattern();

    // A host's name or IPv4 address, or an IPv6 address in brackets, with its port.
    [GeneratedRegex(@"^([^:\[\]]*|\[.*\]):\d+$")]
    private static partial Regex PortPattern();
}
