using Dapper;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>A write changes the rows that it was given and no other: beside them stand the same rows again.</summary>
public sealed class OtherRowsTests : DatabaseTest
{
    /// <summary>What takes its rows from all that there are.</summary>
    private static readonly string[] s_overAll = ["Claim", "RequeueStuck", "CompleteAndClaim"];

    private static IEnumerable<string> Methods => ManagerMethods.Writes.Where(name => !s_overAll.Any(part => name.Contains($".{part}", StringComparison.Ordinal)));

    [TestCaseSource(nameof(Methods))]
    public async Task A_write_leaves_all_other_rows_as_they_are(string method)
    {
        var world = await World.CreateAsync(DataSource);
        var others = await World.CreateAsync(DataSource);
        var before = await RowsAsync(others);

        await ManagerMethods.CallAsync(method, DataSource, world, null, Token);

        Assert.That(await RowsAsync(others), Is.EqualTo(before));
    }

    private async Task<IReadOnlyList<string>> RowsAsync(World world)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        // Only one mapping can be the default: it loses that to another.
        return (await connection.QueryAsync<string>(
            """
            select to_jsonb(v)::text from videos v where v.id = @Video
            union all
            select to_jsonb(v)::text from voices v where v.video_id = @Video
            union all
            select (to_jsonb(m) - 'is_default')::text from voice_mappings m where m.id = @Mapping
            union all
            select to_jsonb(s)::text from settings s where s.setting_key = @SettingKey
            order by 1
            """,
            new { world.Video, world.Mapping, world.SettingKey })).AsList();
    }
}
