using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
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
    private const int FoundUnreadMax = 64;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private readonly Channel<CheckStep> _found = Channel.CreateBounded<CheckStep>(FoundUnreadMax);
    private volatile Part _part = new("store", new WorkCount());

    /// <param name="isQuick">The bytes of the content are not read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<CheckStep> RunAsync(
        bool isQuick, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = LookAsync(isQuick, ending.Token);
        try
        {
            var isMore = true;
            while (isMore)
            {
                var next = _found.Reader.WaitToReadAsync(cancellationToken).AsTask();
                while (!await EndsInTimeAsync(next, cancellationToken))
                {
                    var part = _part;
                    yield return new CheckStep.Working(part.What, part.Done.Items, part.Done.SizeBytes);
                }

                isMore = await next;
                while (_found.Reader.TryRead(out var step))
                {
                    yield return step;
                }
            }
        }
        finally
        {
            // Whoever goes away must not leave it running; it never throws, the channel has what it ended with.
            await ending.CancelAsync();
            await looking;
        }
    }

    public static async ValueTask<CheckStep.Found> EventsAsync(
        IStorageClient node, WorkCount done, CancellationToken cancellationToken)
    {
        var events = node.EventsAsync(Lsn.None, follow: false, cancellationToken);
        var (right, wrong) = await EventChain.VerifyAsync(events, done, cancellationToken);
        return new CheckStep.Found(
            "events", wrong is null,
            wrong is null
                ? $"{Number(right)} entries, each names the one before it"
                : $"{Number(right)} entries are right; {wrong}");
    }

    /// <summary>What is wrong with which copy; empty when nothing is.</summary>
    public static string Wrong(VerifyResult result) => string.Join("; ", result.Copies.Where(copy => !copy.IsRight)
        .Select(copy => $"{copy.Location}: {copy.Detail?.ReplaceLineEndings(" ")}"));

    private async Task<bool> EndsInTimeAsync(Task next, CancellationToken cancellationToken)
    {
        if (!next.IsCompleted)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next, Task.Delay(TellEvery, time, quiet.Token));
            await quiet.CancelAsync();
        }

        return next.IsCompleted || cancellationToken.IsCancellationRequested;
    }

    private async Task LookAsync(bool isQuick, CancellationToken cancellationToken)
    {
        // Much of what follows never waits: the caller would get its first step at the end.
        await Task.Yield();
        try
        {
            var status = await node.StatusAsync(cancellationToken);
            await TellAsync(Warnings(status), cancellationToken);
            await TellAsync(Space(status), cancellationToken);
            await TellAsync(await EventsAsync(node, Begin("events"), cancellationToken), cancellationToken);
            await LogAsync(Begin("log"), cancellationToken);
            await TellAsync(await RecordsAsync(Begin("records"), cancellationToken), cancellationToken);
            if (!isQuick)
            {
                await ContentAsync(Begin("content"), cancellationToken);
            }

            _found.Writer.Complete();
        }
        catch (Exception failure)
        {
            _found.Writer.Complete(failure);
        }
    }

    private WorkCount Begin(string what)
    {
        var part = new Part(what, new WorkCount());
        _part = part;
        return part.Done;
    }

    private ValueTask TellAsync(CheckStep.Found found, CancellationToken cancellationToken) =>
        _found.Writer.WriteAsync(found, cancellationToken);

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
                $"{Number(space.PhysicalBytes)} bytes on disk, but live + held + garbage + overhead = {Number(sum)}");
    }

    /// <summary>One finding for each thing that is wrong: an operator needs all of them.</summary>
    private async ValueTask LogAsync(WorkCount done, CancellationToken cancellationToken)
    {
        var wrong = await store.CheckAsync(done, cancellationToken);
        foreach (var detail in wrong)
        {
            await TellAsync(new CheckStep.Found("log", false, detail), cancellationToken);
        }

        if (wrong.IsEmpty)
        {
            await TellAsync(
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
            ? new CheckStep.Found("records", true, $"{Number(done.Items)} objects, each with a verified copy")
            : new CheckStep.Found(
                "records", false,
                $"{Number(bad)} of {Number(done.Items)} objects have no verified copy; the first is {first}");
    }

    private async ValueTask ContentAsync(WorkCount done, CancellationToken cancellationToken)
    {
        long good = 0;
        long goodBytes = 0;
        long bad = 0;
        long missing = 0;
        await foreach (var (cid, size, result) in AllContents.VerifyAsync(node, cancellationToken))
        {
            done.Add(1, size);
            if (result is { IsWhole: true })
            {
                (good, goodBytes) = (good + 1, goodBytes + size);
                continue;
            }

            (bad, missing) = result is null ? (bad, missing + 1) : (bad + 1, missing);
            var detail = result is null ? $"{cid} is missing. " : $"{cid} is bad. {Wrong(result)}";
            await TellAsync(new CheckStep.Found("content", false, detail), cancellationToken);
        }

        var summary = $"{Number(good)} verified ({Sizes.Of(goodBytes)}), {bad} bad, {missing} missing";
        await TellAsync(new CheckStep.Found("content", bad + missing == 0, summary), cancellationToken);
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Part(string What, WorkCount Done);
}
