namespace VideoVoice.Data.Tests.Samples.Audio;

/// <summary>A folder of its own for each test, deleted with all that is in it.</summary>
internal sealed class AudioFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("videovoice-audio-");

    public string Root => _folder.FullName;

    public string this[string name] => Path.Combine(Root, name);

    public IEnumerable<string> Names => Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path));

    public string Listing => string.Join(", ", Names.Order());

    public async Task<string> WriteAsync(string name, byte[] content)
    {
        await File.WriteAllBytesAsync(this[name], content);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
