using System.Xml;
using NUnit.Framework.Interfaces;

namespace VideoVoice.Data.Tests.Mutants;

/// <summary>Gives each test of a class a folder for the places that it reaches, and the class one for what is reached before and between them. The tests run one after the other.</summary>
internal sealed class ReachListener(string testClass, Action<string?> setFolder) : ITestListener
{
    private readonly List<(string Name, string Folder)> _tests = [];

    public void TestStarted(ITest test)
    {
        // The name of a test that XML cannot hold stands in no filter.
        if (!test.IsSuite)
            Open(test.FullName.All(XmlConvert.IsXmlChar) ? test.FullName : testClass);
        else if (test.FullName == testClass)
            Open(testClass);
    }

    public void TestFinished(ITestResult result)
    {
        if (!result.Test.IsSuite)
            Open(testClass);
    }

    public void TestOutput(TestOutput output)
    {
    }

    public void SendMessage(TestMessage message)
    {
    }

    /// <summary>The places that each test has reached, by its full name.</summary>
    internal Dictionary<string, string[]> Take()
    {
        setFolder(null);
        var reached = _tests
            .SelectMany(t => Directory.EnumerateFiles(t.Folder).SelectMany(File.ReadLines).Select(place => (t.Name, place)))
            .Distinct()
            .GroupBy(t => t.Name)
            .ToDictionary(t => t.Key, t => t.Select(p => p.place).ToArray());
        _tests.ForEach(t => Directory.Delete(t.Folder, recursive: true));
        return reached;
    }

    private void Open(string name)
    {
        var folder = Directory.CreateTempSubdirectory("videovoice-seen-").FullName;
        _tests.Add((name, folder));
        setFolder(folder);
    }
}
