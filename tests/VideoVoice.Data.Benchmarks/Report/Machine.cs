using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using VideoVoice.Data.Benchmarks.Rivals;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Report;

/// <summary>What the figures were measured on and with.</summary>
internal sealed record Machine(string Processor, int Cores, double MemoryGiB, string System, string Settings, IReadOnlyDictionary<string, string> Versions)
{
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor}, {Cores} cores, {MemoryGiB:0} GiB, {System}; {string.Join(", ", Versions.Select(v => $"{v.Key} {v.Value}"))}");

    internal static async Task<Machine> ReadAsync(Arena arena)
    {
        var processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        var versions = new Dictionary<string, string>
        {
            ["PostgreSQL"] = arena.Server.ServerVersion.ToString(),
            [".NET"] = Environment.Version.ToString(),
            ["Npgsql"] = Version(typeof(Npgsql.NpgsqlConnection)),
            ["Dapper"] = Version(typeof(Dapper.SqlMapper)),
            ["EF Core"] = Version(typeof(Microsoft.EntityFrameworkCore.DbContext)),
        };
        if (await Pgbench.VersionAsync(arena) is { } pgbench)
            versions["pgbench"] = pgbench.Split(' ').First(part => part.Length > 0 && char.IsDigit(part[0]));
        return new Machine(
            processor ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024),
            RuntimeInformation.OSDescription,
            await SettingsAsync(arena),
            versions);
    }

    private static async Task<string> SettingsAsync(Arena arena)
    {
        await using var dataSource = Npgsql.NpgsqlDataSource.Create(arena.Server.ConnectionString);
        await using var command = dataSource.CreateCommand(
            "select string_agg(name || ' ' || current_setting(name), ', ' order by name) from pg_settings where name in ('fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size')");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
