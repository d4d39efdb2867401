using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Is everything that was promised still true? One run; it may take hours, and the node is used meanwhile. It reads one
/// thing after the other, and waits for whoever reads what it found.
/// </summary>
internal sealed class NodeCheck(IStorageClient node, IStoreMaintenance store, TimeProvider time)
{
    private readonly ToldSteps _steps = new(time);

    /// <param name="isQuick">The bytes of the content are not read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<CheckStep> RunAsync(bool isQuick, CancellationToken cancellationToken) =>
        _steps.RunAsync(token => LookAsync(isQuick, token), cancellationToken);

    public static async ValueTask<CheckStep.Found> EventsAsync(
        IStorageClient node, WorkCount done, CancellationToken cancellationToken)
    {
        var events = node.EventsAsync(Lsn.None, follow: false, cancellationToken);
        var (right, wrong) = await EventChain.VerifyAsync(events, done, cancellationToken);
        return new CheckStep.Found(
            "events", wrong is null,
            wrong is null
                ? $"{Sizes.Number(right)} entries, each names the one before it"
                : $"{Sizes.Number(right)} entries are right; {wrong}");
    }

    /// <summary>What is wrong with which copy, or why it could not be read; empty when all are right.</summary>
    public static string Wrong(VerifyResult result) => string.Join("; ", result.Copies.Where(copy => !copy.IsRight)
        .Select(copy => $"{copy.Location}: {copy.Detail?.ReplaceLineEndings(" ")}"));

    private async Task LookAsync(bool isQuick, CancellationToken cancellationToken)
    {
        var status = await node.StatusAsync(cancellationToken);
        await _steps.TellAsync(Warnings(status), cancellationToken);
        await _steps.TellAsync(Space(status), cancellationToken);
        await _steps.TellAsync(
            await EventsAsync(node, _steps.Begin("events"), cancellationToken), cancellationToken);
        await LogAsync(_steps.Begin("log"), cancellationToken);
        await _steps.TellAsync(await RecordsAsync(_steps.Begin("records"), cancellationToken), cancellationToken);
        if (!isQuick)
        {
            await ContentAsync(_steps.Begin("content"), cancellationToken);
        }
    }

    /// <summary>What an operator accepted by name, or has to know but harms no content, is told and is well.</summary>
    private static CheckStep.Found Warnings(NodeStatus status) => new(
        "store",
        status.Warnings.All(warning => warning.Contains("--force-unsafe", StringComparison.Ordinal)
            || warning.Contains(" free of ", StringComparison.Ordinal)),
        status.Warnings.IsEmpty ? "no warnings" : string.Join("; ", status.Warnings));

    private static CheckStep.Found Space(NodeStatus status)
    {
        var space = status.Space;
        var sum = space.LiveBytes + space.HeldBytes + space.GarbageBytes + space.OverheadBytes;
        return sum == space.PhysicalBytes
            ? new CheckStep.Found("space", true, $"{Sizes.Of(sum)} on disk, every byte accounted for")
            : new CheckStep.Found(
                "space", false,
                $"{Sizes.Number(space.PhysicalBytes)} bytes on disk, but live + held + garbage + overhead = "
                + Sizes.Number(sum));
    }

    /// <summary>One finding for each thing that is wrong: an operator needs all of them.</summary>
    private async ValueTask LogAsync(WorkCount done, CancellationToken cancellationToken)
    {
        var wrong = await store.CheckAsync(done, cancellationToken);
        foreach (var detail in wrong)
        {
            await _steps.TellAsync(new CheckStep.Found("log", false, detail), cancellationToken);
        }

        if (wrong.IsEmpty)
        {
            await _steps.TellAsync(
                new CheckStep.Found(
                    "log", true, "every record is right, and the index and the large files are what follows from it"),
                cancellationToken);
        }
    }

    private async ValueTask<CheckStep.Found> RecordsAsync(WorkCount done, CancellationToken cancellationToken)
    {
        long bad = 0;
        string? first = null;
        await foreach (var record in node.ListAsync(null, cancellationToken))
        {
            done.Add(1, 0);
            if (!record.Copies.Any(copy => copy.State == CopyState.Verified))
            {
                bad++;
                first ??= record.Key.Cid.ToString();
            }
        }

        return bad == 0
            ? new CheckStep.Found("records", true, $"{Sizes.Number(done.Items)} objects, each with a verified copy")
            : new CheckStep.Found(
                "records", false,
                $"{Sizes.Number(bad)} of {Sizes.Number(done.Items)} objects have no verified copy; the first is "
                + first);
    }

    private async ValueTask ContentAsync(WorkCount done, CancellationToken cancellationToken)
    {
        long good = 0;
        long goodBytes = 0;
        long bad = 0;
        long missing = 0;
        long unread = 0;
        await foreach (var (cid, size, result) in AllContents.VerifyAsync(node, cancellationToken))
        {
            done.Add(1, size);
            if (result is { IsWhole: true })
            {
                (good, goodBytes) = (good + 1, goodBytes + size);
                continue;
            }

            (bad, missing, unread) = result switch
            {
                null => (bad, missing + 1, unread),
                { IsBad: true } => (bad + 1, missing, unread),
                _ => (bad, missing, unread + 1),
            };
            var detail = result switch
            {
                null => $"{cid} is missing. ",
                { IsBad: true } => $"{cid} is bad. {Wrong(result)}",
                _ => $"{cid} could not be read everywhere. {Wrong(result)}",
            };
            await _steps.TellAsync(new CheckStep.Found("content", false, detail), cancellationToken);
        }

        var summary = $"{Sizes.Number(good)} verified ({Sizes.Of(goodBytes)}), {bad} bad, {missing} missing"
            + (unread > 0 ? $", {unread} unread" : "");
        await _steps.TellAsync(new CheckStep.Found("content", bad + missing + unread == 0, summary), cancellationToken);
    }
}
