using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Nats.Provisioning;
using CimStore.Objects;
using Microsoft.Extensions.Logging;

namespace CimStore.Nats.Journal;

/// <summary>
/// A journal that several nodes write: one JetStream stream, one message for each change, and the expected last
/// sequence of the object's subject is the compare-and-set. What follows from the stream is this node's catalog; a
/// change is told to its writer when it came by there.
/// </summary>
public sealed partial class JetStreamJournal : IJournal, IAsyncDisposable
{
    private const int RecentEntriesMax = 8192;
    private const int HeadEvery = 256;

    private readonly JournalStream _stream;
    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _log;
    private readonly JournalChain _chain = new();
    private readonly JournalCatalog _catalog = new();
    private readonly RecentEntries _recent = new(RecentEntriesMax);
    private readonly AsyncMark _applied = new();
    private readonly AsyncMark _durable = new();
    private readonly PendingChanges _pending = new();
    private readonly ChainHeads _heads = new(HeadEvery);
    private readonly CancellationTokenSource _closing = new();
    private Task _following = Task.CompletedTask;

    private JetStreamJournal(
        JournalStream stream, JournalOptions options, TimeProvider time, IdSource ids, ILogger log) =>
        (_stream, _options, _time, _ids, _log) = (stream, options, time, ids, log);

    /// <summary>What follows from the journal, as far as this node has read it.</summary>
    public ICatalog Catalog => _catalog;

    public bool HoldsContent => false;

    public bool SpansObjects => false;

    public Lsn DurableLsn => new(_durable.Value);

    /// <summary>The last message that this node has read.</summary>
    public ulong AppliedSequence => _applied.Value;

    /// <summary>
    /// Opens the journal, and makes it where there is none. Returns when this node has read what was there.
    /// </summary>
    /// <param name="link">The way to the servers; it stays the caller's.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Makes event ids.</param>
    /// <param name="log">Told when following breaks off.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <exception cref="LocationException">No server, no JetStream, another stream under that name, or it was there
    /// before and is gone.</exception>
    /// <exception cref="IntegrityException">The stream has messages that this program does not read.</exception>
    public static async ValueTask<JetStreamJournal> OpenAsync(
        NatsLink link, JournalOptions options, TimeProvider time, IdSource ids, ILogger log,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(ids);
        link.RequireJetStream();
        var stream = new JournalStream(link, options);
        var provisioner = new Provisioner(link, time, log) { MarkerReplicas = options.Replicas };
        await stream.EnsureAsync(new ChainId(ids.Next().Value), provisioner, cancellationToken);
        var journal = new JetStreamJournal(stream, options, time, ids, log);
        try
        {
            var last = await stream.FindLastAsync(cancellationToken);
            journal._following = Task.Run(() => journal.FollowAsync(journal._closing.Token), CancellationToken.None);
            await journal._applied.WaitAboveAsync(last - 1, cancellationToken);
            return journal;
        }
        catch
        {
            await journal.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Has this node's catalog know everything that was true when this was asked, as the stream's leader tells it.
    /// </summary>
    /// <exception cref="LocationException">No leader answers: this node may be on the smaller side.</exception>
    public async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        var last = await _stream.FindLastAsync(cancellationToken);
        await _applied.WaitAboveAsync(last - 1, cancellationToken);
    }

    /// <summary>What is weaker than promised here, in words.</summary>
    public ImmutableArray<string> Warnings => _options.Replicas == 1
        ? [$"The journal {_stream.Name} has one replica: losing that server's disk loses it."]
        : [];

    /// <summary>Reads the whole stream again and makes its chain anew.</summary>
    /// <param name="done">Counts entries.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong; null when the stream makes the same chain as when this node read it.</returns>
    internal async ValueTask<string?> ProveAsync(WorkCount done, CancellationToken cancellationToken)
    {
        var last = _recent.Last;
        if (last is null)
        {
            return null;
        }

        await foreach (var entry in ReadOlderAsync(Lsn.None, cancellationToken))
        {
            done.Add(1, 0);
            if (entry.Lsn >= last.Lsn)
            {
                return entry.Lsn == last.Lsn && entry.EventCid == last.EventCid
                    ? null
                    : $"The stream {_stream.Name} makes {entry.EventCid} at position {entry.Lsn}; when this node read "
                        + $"it, it made {last.EventCid} at {last.Lsn}: somebody changed it.";
            }
        }

        return null;
    }

    public ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _durable.WaitAboveAsync(after.Value, cancellationToken);
    }

    public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return lsn == Lsn.None || lsn.Value > _durable.Value
            ? ValueTask.FromResult<JournalEntry?>(null)
            : _recent.Find(lsn) is { } recent
            ? ValueTask.FromResult<JournalEntry?>(recent)
            : lsn > _recent.Floor ? ValueTask.FromResult<JournalEntry?>(null) : FindOlderAsync(lsn, cancellationToken);
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(
        Lsn after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var end = DurableLsn;
        if (after >= end)
        {
            yield break;
        }

        if (_recent.After(after) is { } recent)
        {
            foreach (var entry in recent.TakeWhile(entry => entry.Lsn <= end))
            {
                yield return entry;
            }

            yield break;
        }

        await foreach (var entry in ReadOlderAsync(after, cancellationToken))
        {
            yield return entry;
            if (entry.Lsn >= end)
            {
                yield break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _applied.End(Closed());
        _durable.End(Closed());
        _pending.End(Closed());
        _closing.Dispose();
    }

    private static LocationException Closed() => new(LocationFault.Offline, "The journal is closed.");

    private async ValueTask<JournalEntry?> FindOlderAsync(Lsn lsn, CancellationToken cancellationToken)
    {
        await foreach (var entry in ReadOlderAsync(new Lsn(lsn.Value - 1), cancellationToken))
        {
            return entry.Lsn == lsn ? entry : null;
        }

        return null;
    }

    /// <summary>From the stream again: from where the chain's head is remembered, for an entry names the one before.
    /// </summary>
    private async IAsyncEnumerable<JournalEntry> ReadOlderAsync(
        Lsn after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (first, head) = _heads.Before(JournalPosition.SequenceOf(after));
        var chain = new JournalChain(first == 1 ? null : _chain.Id, head);
        var entries = new List<JournalEntry>();
        var next = first;
        while (true)
        {
            await foreach (var message in FollowOnceAsync(next, cancellationToken))
            {
                entries.Clear();
                chain.Read(message.Sequence, message.Payload.Span, entries);
                foreach (var entry in entries.Where(entry => entry.Lsn > after))
                {
                    yield return entry;
                }

                next = message.Sequence + 1;
            }
        }
    }
}
