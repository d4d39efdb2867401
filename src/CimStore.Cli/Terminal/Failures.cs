using System.Net.Sockets;
using System.Text.Json;
using CimStore.Cli.Json;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Cli.Terminal;

/// <summary>The one table from what went wrong to an exit code and a line that names cause and next step.</summary>
internal static class Failures
{
    private const int ErrnoNoSpace = 28;
    private const int ErrnoQuota = 122;

    public static int Tell(CliSession session, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is ClosedPipeException)
        {
            return ExitCode.ClosedPipe;
        }

        TryFlush(session);
        var (exitCode, message) = exception is OperationCanceledException && cancellationToken.IsCancellationRequested
            ? (ExitCode.Interrupted, "interrupted")
            : Describe(exception);
        if (session.IsJson)
        {
            var error = new ErrorJson(new ErrorDetailJson(exitCode, CodeOf(exception), message));
            Console.Error.WriteLine(JsonSerializer.Serialize(error, CliJson.Default.ErrorJson));
        }
        else
        {
            Console.Error.WriteLine("cimstore: " + OneLine(message));
        }

        if (session.IsVerbose && exception is not OperationCanceledException)
        {
            Console.Error.WriteLine(exception);
        }

        return exitCode;
    }

    public static (int ExitCode, string Message) Describe(Exception exception) => exception switch
    {
        CliException cli => (cli.ExitCode, cli.Message),
        RefusedException refused =>
            (ExitCodeOf(refused.Refusal), $"refused ({refused.Refusal.Code}): {refused.Message}"),
        IntegrityException => (ExitCode.Corrupt, exception.Message),
        LocationException => (ExitCode.LocationFailed, exception.Message),
        HttpRequestException http => (ExitCode.LocationFailed, DescribeNode(http)),
        FileNotFoundException or DirectoryNotFoundException => (ExitCode.NotFound, exception.Message),
        UnauthorizedAccessException => (ExitCode.LocationFailed, exception.Message),
        IOException { HResult: ErrnoNoSpace or ErrnoQuota } =>
            (ExitCode.LocationFailed, "the disk is full: " + exception.Message),
        IOException => (ExitCode.LocationFailed, exception.Message),
        FormatException => (ExitCode.Corrupt, exception.Message),
        OperationCanceledException => (ExitCode.LocationFailed, "timed out: " + exception.Message),
        _ => (ExitCode.Defect,
            $"this is a defect of cimstore ({exception.GetType().Name}: {exception.Message}). "
                + "Run again with --verbose and report what it prints."),
    };

    /// <summary>The exit code of a refusal: absence and corruption have their own, whatever rule found them.</summary>
    public static int ExitCodeOf(Refusal refusal) =>
        refusal.Code.Contains("not-found", StringComparison.Ordinal) ? ExitCode.NotFound : ExitCode.Refused;

    private static string CodeOf(Exception exception) => exception switch
    {
        RefusedException refused => refused.Refusal.Code,
        LocationException location => "location_" + JsonText.Of(location.Fault),
        IntegrityException or FormatException => "corrupt",
        HttpRequestException => "node_unreachable",
        CliException cli => cli.ExitCode switch
        {
            ExitCode.Usage => "usage",
            ExitCode.NotFound => "not_found",
            ExitCode.InUse => "in_use",
            ExitCode.Corrupt => "corrupt",
            ExitCode.NotWell => "not_well",
            ExitCode.Refused => "refused",
            _ => "failed",
        },
        OperationCanceledException => "interrupted",
        IOException or UnauthorizedAccessException => "io",
        _ => "defect",
    };

    private static string DescribeNode(HttpRequestException exception) =>
        exception.InnerException is SocketException socket
            ? $"the node cannot be reached: {socket.Message}. Is it running, and is --server or $CIMSTORE_SERVER right?"
            : $"the node cannot be reached: {exception.Message}";

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private static void TryFlush(CliSession session)
    {
        try
        {
            session.Out.Flush();
        }
        catch (IOException)
        {
            // The first failure is the one to tell.
        }
    }
}
