namespace VideoVoice.Data.Mutations;

/// <summary>Which tests must notice a mutant: those that mirror its file. Tests of text, style and packages would notice anything.</summary>
internal static class Tests
{
    private const string Root = "VideoVoice.Data.Tests.";

    internal static string Of(Mutant mutant) => string.Join('|', Namespaces(mutant.File).Select(n => $"FullyQualifiedName~{Root}{n}."));

    private static string[] Namespaces(string file) => file.Split('/') switch
    {
        ["sql", "queue" or "voices", ..] => ["Voices"],
        ["sql", "videos", ..] => ["Videos"],
        ["sql", "voice_mappings", ..] => ["VoiceMappings"],
        ["sql", "settings", ..] => ["Settings"],
        ["sql", "status", ..] => ["Status"],
        ["sql", "notifications", ..] => ["Notifications"],
        ["sql", "schema", ..] => ["Schema"],
        ["src", "VideoVoice.Data.Hosting", ..] => ["Hosting"],
        ["src", "VideoVoice.Data", "Internal" or "Diagnostics", ..] => ["Internal", "Input.BadInputTests", "Input.TransactionTests", "Voices.FenceTests"],
        ["src", "VideoVoice.Data", var folder, _] => [folder, "Input.BadInputTests"],
        _ => ["DatabaseConnectionExceptionTests", "RefusedConnectionTests", "Internal", "Hosting.LostConnectionTests", "Input.BadInputTests"],
    };
}
