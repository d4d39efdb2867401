using System.CommandLine;
using System.IO.Pipelines;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore cat`: content to standard output, verified before it leaves.</summary>
internal static class CatCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "What to write, one after the other; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Range = new("--range")
    {
        Description = "Only these bytes, both ends included, counted from 0",
        HelpName = "FIRST-LAST",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "cat", "Write content, or a range of it, to standard output; every byte is proved first.")
        {
            Prints = "The bytes, nothing else. When they cannot all be had: what was written is right, exit code 6.",
            Examples =
            [
                ("cimstore cat CID > photo.jpg", "the whole content"),
                ("cimstore cat CID --range 0-99", "the first 100 bytes"),
                ("cimstore cat CID --range 1000-", "from byte 1000 on"),
                ("cimstore cat CID --range=-100", "the last 100 bytes"),
            ],
            Exits =
            [
                ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse,
                ExitCode.ClosedPipe,
            ],
        };
        command.Add(Cids);
        command.Add(Range);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var range = session.Value(Range) is { } text ? ByteRange.Parse(text) : ByteRange.All;
        var cids = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        var store = await session.OpenAsync(cancellationToken);
        var writer = PipeWriter.Create(session.Out.Raw, new StreamPipeWriterOptions(minimumBufferSize: 64 * 1024));
        foreach (var cid in cids)
        {
            try
            {
                await Contents.CopyAsync(store.Client, cid, range, writer, cancellationToken);
            }
            finally
            {
                // What was proved is written also when the rest cannot be had.
                await writer.FlushAsync(CancellationToken.None);
            }
        }

        await writer.CompleteAsync();
        return ExitCode.Ok;
    }
}
