using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Memory;

/// <summary>
/// All four ports in memory: a real implementation that passes the contracts, made for simulations. Every entry goes
/// through the journal's persisted form, so what is read back is what a disk would give.
/// </summary>
public sealed class MemoryStore : IJournal, ICatalog, ILocation, IStoreMaintenance
{
    public const int InlineLimitBytes = 1 << 20;

    private static readonly byte[] Salt = new byte[EntryCodec.SaltSizeBytes];

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly int _inlineSizeMaxBytes;
    private readonly ChainId _chain = new(Guid.Empty);
    private readonly List<byte[]> _entries = [];
    private int _listings;
    private readonly SortedDictionary<Cid, ObjectRecord> _records = [];
    private readonly SortedDictionary<string, NameRecord> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<MessageId, CommandOutcome> _commands = [];
    private readonly Queue<CommandOutcome> _commandQueue = [];
    private readonly Dictionary<ulong, HeldBytes> _bytes = [];
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Cid? _head;

    public MemoryStore(
        TimeProvider time, IdSource ids, string location = "hot", int inlineSizeMaxBytes = InlineLimitBytes)
    {
        (_time, _ids, Id, _inlineSizeMaxBytes) = (time, ids, new LocationId(location), inlineSizeMaxBytes);
        Traits = new LocationTraits
        {
            Tier = StorageTier.Hot,
            Medium = "memory",
            Labels = new Dictionary<string, string> { ["node"] = location },
        };
    }

    public bool HoldsContent => true;

    public bool SpansObjects => true;

    public LocationId Id { get; }

    public LocationTraits Traits { get; init; }

    public int InlineSizeMaxBytes => _inlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => [];

    public BytesWritten BytesWritten => new(_entries.Sum(entry => (long)entry.Length), 0, 0, 0);

    public Lsn DurableLsn
    {
        get
        {
            lock (_gate)
            {
                return new Lsn((ulong)_entries.Count);
            }
        }
    }

    /// <summary>What all content together may take, told and not enforced; null is no end.</summary>
    public long? CapacityBytes { get; set; }

    /// <summary>How often somebody began to go over all objects.</summary>
    public int Listings => Volatile.Read(ref _listings);

    public int CommandsMax { get; init; } = CommandRetention.CountMax;

    public DateTimeOffset? CommandsForgottenUntil { get; private set; }

    /// <summary>Asked before each append; what it throws is what the appender gets, and nothing is stored.</summary>
    public Action<IReadOnlyList<JournalChange>>? BeforeAppend { get; set; }

    public ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
        IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        BeforeAppend?.Invoke(changes);
        TaskCompletionSource? appended = null;
        var entries = new JournalEntry[changes.Count];
        lock (_gate)
        {
            for (var index = 0; index < changes.Count; index++)
            {
                entries[index] = Append(changes[index]);
            }

            if (changes.Count > 0)
            {
                appended = _appended;
                _appended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        appended?.TrySetResult();
        return ValueTask.FromResult<IReadOnlyList<JournalEntry>>(entries);
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(
        Lsn after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var end = DurableLsn;
        for (var lsn = after.Value + 1; lsn <= end.Value; lsn++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Entry(new Lsn(lsn))!;
        }
    }

    public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Entry(lsn));
    }

    public async ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task appended;
            lock (_gate)
            {
                if ((ulong)_entries.Count > after.Value)
                {
                    return;
                }

                appended = _appended.Task;
            }

            await appended.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<ObjectRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_records.GetValueOrDefault(key.Cid));
        }
    }

    public async IAsyncEnumerable<ObjectRecord> ListAsync(
        DedupDomain domain, Cid? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        Interlocked.Increment(ref _listings);
        foreach (var record in Records(r => r.IsPresent && (after is null || r.Key.Cid > after.Value)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public async IAsyncEnumerable<ObjectRecord> ListExpiredAsync(
        DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var record in Records(r => r.ExpiresAt <= now))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public ValueTask<NameRecord?> FindNameAsync(
        OwnerId owner, NamespaceId space, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_names.GetValueOrDefault(NameKey(owner, space, name)));
        }
    }

    public async IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnerId owner, NamespaceId space, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        NameRecord[] names;
        lock (_gate)
        {
            names = [.. _names.Values.Where(name => name.Owner == owner && name.Namespace == space
                && name.Cid is not null && (after is null || string.CompareOrdinal(name.Name, after) > 0))];
        }

        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
    }

    public ValueTask<CommandOutcome?> FindCommandAsync(MessageId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_commands.GetValueOrDefault(id));
        }
    }

    public ValueTask<CatalogTotals> TotalsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var present = Records(record => record.IsPresent);
        return ValueTask.FromResult(new CatalogTotals(present.Length, present.Sum(record => record.SizeBytes)));
    }

    public ValueTask<IReadOnlyList<OwnerUsage>> UsageAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var usage = Records(r => r.IsPresent)
            .SelectMany(record => record.References.Select(reference => (reference.Owner, Record: record)))
            .GroupBy(pair => pair.Owner)
            .Select(group => new OwnerUsage(
                group.Key, group.Count(), group.Select(pair => pair.Record.Key).Distinct().Count(),
                group.DistinctBy(pair => pair.Record.Key).Sum(pair => pair.Record.SizeBytes)))
            .OrderBy(owner => owner.Owner.Name, StringComparer.Ordinal);
        return ValueTask.FromResult<IReadOnlyList<OwnerUsage>>([.. usage]);
    }

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IStagedContent>(new MemoryStagedContent());
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(copy, held => held.Content, offset, destination));
    }

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(copy, held => held.Tree, offset, destination));
    }

    public ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        ListCopiesAsync(null, cancellationToken).FirstOrDefaultAsync(
            held => held.Manifest.Key == key && held.Manifest.Incarnation == copy.Incarnation && copy.Location == Id,
            cancellationToken);

    public IAsyncEnumerable<HeldCopy> ListCopiesAsync(ContentKey? after, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return MemoryCopies.Of(Records(_ => true), Id, after).ToAsyncEnumerable();
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CopyCondition? condition;
        lock (_gate)
        {
            condition = copy.Location == Id && _bytes.TryGetValue(copy.Incarnation, out var held)
                ? new CopyCondition(1, 1, 1, [], held.Content.Length) : null;
        }

        return await pace.PayAsync(condition, cancellationToken);
    }

    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        InspectAsync(key, copy, pace, cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => [];

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var used = _bytes.Values.Sum(static held => (long)held.Content.Length);
            return ValueTask.FromResult(new LocationRoom(CapacityBytes, CapacityBytes - used));
        }
    }

    public ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(
                new LocationSpace(null, null, _bytes.Values.Sum(bytes => (long)bytes.Content.Length)));
        }
    }

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) => CompactAsync(cancellationToken);

    public long GarbageBytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes.Values.Sum(static held => (long)held.Content.Length)
                    - _records.Values.SelectMany(static record => record.Copies).Sum(Size);
            }
        }
    }

    public ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var live = _records.Values.Where(r => r.IsPresent).SelectMany(r => r.Copies).Sum(Size);
            var held = _records.Values.Where(r => !r.IsPresent).SelectMany(r => r.Copies).Sum(Size);
            var content = _bytes.Values.Sum(bytes => (long)bytes.Content.Length);
            var overhead = BytesWritten.Log + _bytes.Values.Sum(bytes => (long)(bytes.Tree?.Length ?? 0));
            return ValueTask.FromResult(new SpaceLedger(
                content + overhead, live, held, content - live - held, overhead, long.MaxValue));
        }
    }

    public ValueTask<ImmutableArray<string>> CheckAsync(WorkCount done, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(ImmutableArray<string>.Empty);
    }

    public ValueTask<long> CompactAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var named = _records.Values.SelectMany(record => record.Copies).Where(copy => copy.Location == Id)
                .Select(copy => copy.Incarnation).ToHashSet();
            var garbage = _bytes.Keys.Where(incarnation => !named.Contains(incarnation)).ToList();
            var size = garbage.Sum(incarnation => (long)_bytes[incarnation].Content.Length);
            garbage.ForEach(incarnation => _bytes.Remove(incarnation));
            return ValueTask.FromResult(size);
        }
    }

    /// <summary>Puts a copy here that another location's store admitted, for tests with several copies.</summary>
    public void Plant(ulong incarnation, byte[] content, byte[] tree)
    {
        lock (_gate)
        {
            _bytes[incarnation] = new HeldBytes(content, tree);
        }
    }

    /// <summary>Flips one bit of a held copy, as a medium does.</summary>
    public void Rot(ulong incarnation, int offset, bool inTree = false)
    {
        lock (_gate)
        {
            var held = _bytes[incarnation];
            (inTree ? held.Tree! : held.Content)[offset] ^= 0x10;
        }
    }

    /// <summary>The bytes of a held copy.</summary>
    public (byte[] Content, byte[] Tree) Take(ulong incarnation)
    {
        lock (_gate)
        {
            return (_bytes[incarnation].Content, _bytes[incarnation].Tree ?? []);
        }
    }

    private JournalEntry Append(JournalChange change)
    {
        var lsn = new Lsn((ulong)_entries.Count + 1);
        var draft = new EntryDraft();
        draft.Write(_chain, _ids.Next(), _time.GetUtcNow(), change.Context, change.Event, Salt);
        var bytes = new byte[draft.SizeMax];
        var size = draft.Seal(lsn, _head, bytes, out var eventCid);
        _entries.Add(bytes[..size]);
        _head = eventCid;
        var entry = EntryCodec.Read(bytes.AsSpan(0, size), out _, out _);
        switch (change.Content)
        {
            case AdmittedContent.Inline inline:
                _bytes[lsn.Value] = new HeldBytes(inline.Payload.ToArray(), null);
                break;
            case AdmittedContent.Staged { Content: MemoryStagedContent staged }:
                _bytes[lsn.Value] = new HeldBytes(staged.Content, staged.Tree);
                break;
        }

        Apply(entry);
        return entry;
    }

    private void Apply(JournalEntry entry)
    {
        if (ObjectHistory.KeyOf(entry.Event) is { } key
            && entry.ApplyTo(_records.GetValueOrDefault(key.Cid)) is { } record)
        {
            _records[key.Cid] = record;
        }

        if (ObjectHistory.NameOf(entry.Event) is { Name: { } name } reference)
        {
            var nameKey = NameKey(reference.Owner, reference.Namespace, name);
            _names[nameKey] = entry.ApplyTo(_names.GetValueOrDefault(nameKey))!;
        }

        if (!entry.Context.RequestDigest.IsEmpty)
        {
            Remember(new CommandOutcome(entry.Context.MessageId, entry.Context.RequestDigest, entry.Lsn, entry.At));
        }
    }

    private void Remember(CommandOutcome outcome)
    {
        _commands.TryAdd(outcome.Id, outcome);
        _commandQueue.Enqueue(outcome);
        for (var count = 0; count < CommandRetention.ForgottenPerCommandMax; count++)
        {
            var oldest = _commandQueue.Peek();
            if (!CommandRetention.ForgetsOldest(_commandQueue.Count, CommandsMax, oldest.At, outcome.At))
            {
                return;
            }

            _commandQueue.Dequeue();
            _commands.Remove(oldest.Id);
            CommandsForgottenUntil = CommandRetention.ForgottenUntil(oldest.At, outcome.At);
        }
    }

    private int? Read(Copy copy, Func<HeldBytes, byte[]?> part, long offset, Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_gate)
        {
            if (copy.Location != Id || !_bytes.TryGetValue(copy.Incarnation, out var held)
                || part(held) is not { } bytes)
            {
                return null;
            }

            var size = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), size).CopyTo(destination.Span);
            return size;
        }
    }

    private JournalEntry? Entry(Lsn lsn)
    {
        byte[] bytes;
        lock (_gate)
        {
            if (lsn.Value == 0 || lsn.Value > (ulong)_entries.Count)
            {
                return null;
            }

            bytes = _entries[(int)lsn.Value - 1];
        }

        return EntryCodec.Read(bytes, out _, out _);
    }

    private ObjectRecord[] Records(Func<ObjectRecord, bool> wanted)
    {
        lock (_gate)
        {
            return [.. _records.Values.Where(wanted)];
        }
    }

    private long Size(Copy copy) =>
        copy.Location == Id ? _bytes.GetValueOrDefault(copy.Incarnation)?.Content.Length ?? 0 : 0;

    private static string NameKey(OwnerId owner, NamespaceId space, string name) =>
        $"{owner.Name}\0{space.Name}\0{name}";

    private sealed record HeldBytes(byte[] Content, byte[]? Tree);
}
