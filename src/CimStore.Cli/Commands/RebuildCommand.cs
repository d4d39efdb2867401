using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>
/// `cimstore rebuild`: the log is the database; the index is made from it. Where the log is lost too, the catalog is
/// made from the copies that other locations hold.
/// </summary>
internal static class RebuildCommand
{
    private const string IndexName = "index";

    /// <summary>An index cannot be put aside under a node that answers from it.</summary>
    private const string Instead =
        "keeps its own index while it serves: stop it, then rebuild its directory. Whether that is needed, "
        + "'cimstore check' tells while it serves.";

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do it" };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would happen" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "rebuild", "Make the index again from the log, or the catalog from other locations' copies.")
        {
            Prints = "What was looked at<tab>ok or NOT WELL<tab>what was seen. The old index is kept beside the new\n"
                + "one when they differ, and put back when the new one cannot be made. No node may serve the\n"
                + "directory.\n"
                + "With --from a line for each copy that the catalog did not know: CID<tab>what became of it\n"
                + "(admitted, added, surplus, deleted, bad, unread)<tab>location. The data directory is made when\n"
                + "it is not there. It may be interrupted and repeated: what is known is passed over.",
            Examples =
            [
                ("cimstore rebuild --dry-run", "what would happen"),
                ("cimstore rebuild --yes", "do it"),
                ("cimstore rebuild --from all --config tiers.json", "the data directory was lost"),
                ("cimstore rebuild --from pool --dry-run --config tiers.json", "what the pool would give back"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Yes);
        command.Add(DryRun);
        RebuildFromLocations.AddTo(command);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        if (session.Address.Server is { } server)
        {
            throw new CliException(
                ExitCode.Refused, $"The node at {server} {Instead}");
        }

        var directory = session.Address.DataDirectory;
        if (RebuildFromLocations.IsAskedFor(session))
        {
            RebuildFromLocations.Chosen(session);
            await using var store = await OpenAsync(session, directory, cancellationToken);
            return await RebuildFromLocations.RunAsync(session, store, session.Value(DryRun), cancellationToken);
        }

        if (!Directory.Exists(directory))
        {
            throw CliException.NotFound($"There is no store in {directory}.");
        }

        if (session.Value(DryRun))
        {
            var plan = $"would put {IndexName} of {directory} aside, make it again from the log, and compare the two";
            Findings.Print(session, FindingJson.Of(IndexName, true, plan));
            return ExitCode.Ok;
        }

        if (!session.Value(Yes))
        {
            throw CliException.Usage("rebuild replaces the index: add --yes when that is meant, or --dry-run.");
        }

        return await RebuildAsync(session, directory, cancellationToken) ? ExitCode.Ok : ExitCode.NotWell;
    }

    private static async Task<bool> RebuildAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        var kept = await DigestAsync(session, directory, cancellationToken);
        var index = Path.Combine(directory, IndexName);
        var aside = index + ".before-rebuild";
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        if (Directory.Exists(index))
        {
            Directory.Move(index, aside);
        }

        IndexDigest made;
        try
        {
            made = await DigestAsync(session, directory, cancellationToken);
        }
        catch
        {
            PutBack(index, aside);
            throw;
        }

        var isSame = kept.Digest == made.Digest;
        if (isSame && Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        var count = made.Count.ToString("N0", CultureInfo.InvariantCulture);
        return Findings.Print(session, FindingJson.Of(
            IndexName, isSame,
            isSame
                ? $"{count} records made from the log, the same as were kept"
                : $"{count} records made from the log differ from the {kept.Count} that were kept (now in {aside})"));
    }

    private static void PutBack(string index, string aside)
    {
        if (Directory.Exists(aside))
        {
            if (Directory.Exists(index))
            {
                Directory.Delete(index, recursive: true);
            }

            Directory.Move(aside, index);
        }
    }

    /// <summary>What an index says, in one number: every record in the order of the listing.</summary>
    private static async Task<IndexDigest> DigestAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        await using var store = await OpenAsync(session, directory, cancellationToken);
        using var progress = new Progress(session, "records");
        var hasher = new Blake3Hasher();
        long count = 0;
        await foreach (var record in store.Client.ListAsync(null, cancellationToken))
        {
            hasher.Update(JsonSerializer.SerializeToUtf8Bytes(Shape.Of(record), CliJson.Default.ObjectJson));
            count++;
            progress.Add(1, 0);
        }

        var digest = new byte[Blake3.HashSizeBytes];
        hasher.Finish(digest);
        return new IndexDigest(count, Convert.ToHexStringLower(digest));
    }

    private static async Task<StoreConnection> OpenAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        try
        {
            return await StoreConnection.OpenDirectoryAsync(session, directory, cancellationToken);
        }
        catch (LocationException exception) when (DirectoryOwner.IsInUse(exception))
        {
            var owner = DirectoryOwner.Read(directory);
            throw owner.Address is { } address
                ? new CliException(
                    ExitCode.InUse,
                    $"The node at {address.GetLeftPart(UriPartial.Authority)} (pid {owner.ProcessId}) {Instead}",
                    exception)
                : owner.InUse(directory, exception);
        }
    }

    private sealed record IndexDigest(long Count, string Digest);
}
