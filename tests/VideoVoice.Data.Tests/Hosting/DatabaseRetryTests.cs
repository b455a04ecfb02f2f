using System.Data;
using System.Net.Sockets;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>What an error means: a lost connection, an error that passes, one that a report outlives, or none of these.</summary>
public sealed class DatabaseRetryTests
{
    [TestCase("57P01", true, true, true)]
    [TestCase("57P02", true, true, true)]
    [TestCase("57P03", true, true, true)]
    [TestCase("57P04", true, true, true)]
    [TestCase("57P05", true, true, true)]
    [TestCase("08000", true, true, true)]
    [TestCase("08001", true, true, true)]
    [TestCase("08003", true, true, true)]
    [TestCase("08006", true, true, true)]
    [TestCase("08P01", true, true, true)]
    [TestCase("40001", false, true, true)]
    [TestCase("40P01", false, true, true)]
    [TestCase("53100", false, true, true)]
    [TestCase("53200", false, true, true)]
    [TestCase("53300", false, true, true)]
    [TestCase("55P03", false, true, true)]
    [TestCase("58030", false, true, true)]
    [TestCase("25006", false, true, true)]
    [TestCase("57014", false, false, true)]
    [TestCase("57000", false, false, true)]
    [TestCase("42501", false, false, true)]
    [TestCase("42P01", false, false, true)]
    [TestCase("XX000", false, false, true)]
    [TestCase("22001", false, false, false)]
    [TestCase("22021", false, false, false)]
    [TestCase("23503", false, false, false)]
    public void An_sqlstate(string sqlState, bool lost, bool transient, bool reportedLater)
    {
        var error = new PostgresException("message", "ERROR", "ERROR", sqlState);

        Assert.That(
            (ConnectionLoss.IsCauseOf(error), DatabaseRetry.IsTransient(error), DatabaseRetry.MayBeReportedLater(error)),
            Is.EqualTo((lost, transient, reportedLater)));
    }

    private static IEnumerable<TestCaseData> Others =>
    [
        new(new NpgsqlException("Exception while reading from stream", new IOException()), true),
        new(new NpgsqlException("The operation has timed out", new TimeoutException()), true),
        new(new IOException(), true),
        new(new SocketException(), true),
        new(new TimeoutException(), true),
        new(Plain("Received unexpected backend message CompletedResponse. Please file a bug."), true),
        new(new DataException("Error parsing column 1", new NpgsqlException("Exception while reading from stream", new EndOfStreamException())), true),
        new(new DataException("Error parsing column 1", new FormatException()), false),
        new(Plain("Received something else"), false),
        new(new InvalidOperationException(), false),
        new(new ArgumentException(), false),
        new(new OperationCanceledException(), false),
        new(new ObjectDisposedException("x"), false),
    ];

    [Test]
    public void An_exception_that_is_null_is_refused() => Assert.That(() => ConnectionLoss.IsCauseOf(null!), Throws.ArgumentNullException);

    [TestCaseSource(nameof(Others))]
    public void Another_error(Exception error, bool lost) =>
        Assert.That((ConnectionLoss.IsCauseOf(error), DatabaseRetry.IsTransient(error), DatabaseRetry.MayBeReportedLater(error)), Is.EqualTo((lost, lost, lost)));

    // As Npgsql makes it, and as no code of ours may.
    private static Exception Plain(string message) => (Exception)Activator.CreateInstance(typeof(Exception), message)!;
}
