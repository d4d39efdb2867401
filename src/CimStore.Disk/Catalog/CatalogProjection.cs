using System.Buffers;
using System.Collections.Immutable;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Makes the index from the log: live, behind each sync, and at open from what the index has not seen. The same code in
/// both cases; live it spares the decoding and the reading of what the writer had in hand.
/// </summary>
internal sealed partial class CatalogProjection(
    CatalogIndex index, LocationId location, PendingEntries chain, StoreTally tally, int commandsMax)
    : ILogProjection, IDisposable
{
    /// <summary>After a kill at most this much log is read again, about a second's work for two cores.</summary>
    public const long UnflushedBytesMax = 256L << 20;

    private readonly IndexBatch _batch = new();
    private readonly Dictionary<ContentKey, ObjectRecord> _changed = [];
    private readonly Dictionary<Reference, NameRecord> _names = [];
    private readonly List<Guid> _givenUp = [];
    private readonly List<LogFinding> _findings = [];
    private readonly Lock _findingsGate = new();
    private readonly RememberedCommands _commands = new(index, commandsMax);
    private byte[] _value = new byte[1024];
    private long _unflushed;
    private Progress _progress;

    /// <summary>
    /// Set while an index is made from nothing: places first, entries later in the order of their LSNs.
    /// </summary>
    public bool PlacesOnly { get; set; }

    /// <summary>
    /// A relocated record turned up that was never applied: the index is too old to be brought up to date.
    /// </summary>
    public bool IsTooOld { get; private set; }

    public Progress Progress => _progress;

    /// <summary>Forgets each object that an applied batch changed.</summary>
    public RecentObjects? Recent { get; set; }

    /// <summary>Called after each applied batch with the large files that nothing refers to any more.</summary>
    public Action<IReadOnlyList<Guid>>? GivenUp { get; set; }

    /// <summary>Called after each applied batch with its last LSN.</summary>
    public Action<ulong>? Applied { get; set; }

    /// <summary>Called once a batch could not be applied: the index stays behind until it is opened again.</summary>
    public Action? Failed { get; set; }

    public ImmutableArray<LogFinding> Findings
    {
        get
        {
            lock (_findingsGate)
            {
                return [.. _findings];
            }
        }
    }

    /// <summary>What is remembered of commands; the catalog asks it how far it forgot.</summary>
    public RememberedCommands Commands => _commands;

    public void Start(Progress progress)
    {
        _progress = progress;
        _commands.Load();
        StartPlaces(progress);
        StartFilter(progress);
    }

    public void Apply(LogBatch batch)
    {
        try
        {
            ApplyBatch(batch);
        }
        catch
        {
            Volatile.Write(ref _hasFailed, true);
            Failed?.Invoke();
            throw;
        }
    }

    public void Dispose()
    {
        StopFilling();
        _batch.Dispose();
    }

    public void Void(LogCursor durable) => chain.Void(durable);

    public void Report(LogFinding finding)
    {
        lock (_findingsGate)
        {
            _findings.Add(finding);
        }
    }

    /// <summary>
    /// Applies entries that an earlier pass only placed; the second half of making an index from nothing.
    /// </summary>
    public void ApplyPlaced(IReadOnlyList<JournalEntry> entries)
    {
        Begin();
        foreach (var entry in entries)
        {
            // A record that was relocated without its payload comes after its release was known; until that release
            // is applied again its content counts as held, of no bytes in any segment.
            ApplyEntry(entry, null);
        }

        Write(_progress.Cursor);
    }

    /// <summary>
    /// An index made from nothing is whole; before this it says nothing of how far it is, and counts as none.
    /// </summary>
    public void Complete()
    {
        PlacesOnly = false;
        Begin();
        Write(_progress.Cursor);
    }

    private void ApplyBatch(LogBatch batch)
    {
        FillFilterWhenWorthIt();
        Begin();
        if (batch.Kind == BatchKind.Relocation)
        {
            foreach (var record in batch)
            {
                Relocate(record);
            }
        }
        else
        {
            ApplyNew(batch);
        }

        if (IsTooOld)
        {
            // Nothing of it reaches the index: a crash before the index is made anew must find it as old as it was,
            // not with its place in the log advanced over entries it never saw.
            return;
        }

        _unflushed += batch.End.Offset - batch.Offset;
        Write(batch.End);
        if (!PlacesOnly)
        {
            Applied?.Invoke(batch.End.LastLsn);
        }

        Withdraw(batch.End.LastLsn);
    }

    private void PutProgress()
    {
        Span<byte> value = stackalloc byte[Progress.SizeBytesMax];
        _batch.Put(CatalogKeys.ProgressKey, value[.._progress.Write(value)]);
    }

    private void Begin()
    {
        _batch.Clear();
        _changed.Clear();
        _names.Clear();
        _givenUp.Clear();
        _commands.Begin();
        BeginPlaces();
    }

    private void ApplyNew(LogBatch batch)
    {
        foreach (var record in batch)
        {
            if (record.Type != RecordKinds.Entry)
            {
                continue;
            }

            PlaceNew(record);
            if (!PlacesOnly)
            {
                ApplyNew(record);
            }
        }
    }

    private void PlaceNew(in LogRecord record)
    {
        var place = Place.Of(record, RecordKinds.Place(record.Flags));
        PutPlace(record.Lsn, place);
        if (place.Kind == PlaceKind.Inline)
        {
            tally.Use(place.Position.Segment, new SegmentUse(place.PayloadBytes, 0));
        }
    }

    private void ApplyNew(in LogRecord record)
    {
        if (chain.Take(record.Lsn) is var (entry, change))
        {
            ApplyEntry(entry, change);
        }
        else
        {
            ApplyEntry(EntryCodec.Read(record.Meta.Span, out _, out _), null);
        }
    }

    private void ApplyEntry(JournalEntry entry, JournalChange? live)
    {
        if (ObjectHistory.KeyOf(entry.Event) is { } key)
        {
            var before = Before(key, live);
            var after = entry.ApplyTo(before);
            if (!ReferenceEquals(before, after))
            {
                ChangeObject(key, before, after);
            }
        }

        if (ObjectHistory.NameOf(entry.Event) is { Name: not null } name)
        {
            ChangeName(name, entry);
        }

        if (!entry.Context.RequestDigest.IsEmpty)
        {
            _commands.Add(_batch, entry);
        }

        chain.Apply(entry);
    }

    private ObjectRecord? Before(ContentKey key, JournalChange? live)
    {
        if (_changed.TryGetValue(key, out var changed))
        {
            return changed;
        }

        return live is not null ? live.Before : Find(key);
    }

    private void ChangeObject(ContentKey key, ObjectRecord? before, ObjectRecord? after)
    {
        if (after is null)
        {
            return;
        }

        if (before is null)
        {
            AddToFilter(key);
        }

        _changed[key] = after;
        tally.Changed(before, after);
        GiveUpCopies(before, after);
        Span<byte> objectKey = stackalloc byte[CatalogKeys.ObjectPrefixBytes + Content.Cid.ByteLengthMax];
        var keyLength = CatalogKeys.WriteObject(objectKey, key);
        var value = Room(CatalogRecordCodec.SizeBytesMax(after));
        _batch.Put(objectKey[..keyLength], value[..CatalogRecordCodec.Write(value, after)]);
        ChangeExpiry(key, before, after);
    }

    private void ChangeExpiry(ContentKey key, ObjectRecord? before, ObjectRecord after)
    {
        var (was, becomes) = (CatalogReads.ExpiresAt(before), CatalogReads.ExpiresAt(after));
        if (was == becomes)
        {
            return;
        }

        Span<byte> expiry = stackalloc byte[CatalogKeys.ObjectPrefixBytes + sizeof(long) + Content.Cid.ByteLengthMax];
        if (was is { } old)
        {
            _batch.Delete(expiry[..CatalogKeys.WriteExpiry(expiry, old, key)]);
        }

        if (becomes is { } due)
        {
            _batch.Put(expiry[..CatalogKeys.WriteExpiry(expiry, due, key)], default);
        }
    }

    /// <summary>
    /// A local copy that the record no longer names is garbage from here on, whatever the event was called.
    /// </summary>
    private void GiveUpCopies(ObjectRecord? before, ObjectRecord after)
    {
        if (before is null)
        {
            return;
        }

        foreach (var copy in before.Copies)
        {
            if (copy.Location == location && !Holds(after, copy.Incarnation))
            {
                GiveUp(copy.Incarnation);
            }
        }
    }

    private bool Holds(ObjectRecord record, ulong incarnation)
    {
        foreach (var copy in record.Copies)
        {
            if (copy.Location == location && copy.Incarnation == incarnation)
            {
                return true;
            }
        }

        return false;
    }

    private void GiveUp(ulong incarnation)
    {
        if (PlaceOf(incarnation) is not { } place || place.Kind is PlaceKind.Entry or PlaceKind.Released)
        {
            return;
        }

        if (place.Kind == PlaceKind.Inline)
        {
            tally.Use(place.Position.Segment, new SegmentUse(0, place.PayloadBytes));
        }
        else
        {
            _givenUp.Add(place.LargeId);
            Span<byte> key = stackalloc byte[1 + 16];
            _batch.Delete(key[..CatalogKeys.WriteLargeFile(key, place.LargeId)]);
        }

        PutPlace(incarnation, place with { Kind = PlaceKind.Released, LargeId = Guid.Empty });
    }

    private void ChangeName(Reference reference, JournalEntry entry)
    {
        var before = _names.GetValueOrDefault(reference)
            ?? CatalogReads.Name(index, reference.Owner, reference.Namespace, reference.Name!);
        if (entry.ApplyTo(before) is not { } after)
        {
            return;
        }

        _names[reference] = after;
        var key = ArrayPool<byte>.Shared.Rent(CatalogKeys.SizeBytesMax);
        var length = CatalogKeys.WriteName(key, reference.Owner, reference.Namespace, reference.Name!);
        Span<byte> value = stackalloc byte[CatalogValues.NameSizeBytesMax];
        _batch.Put(key.AsSpan(0, length), value[..CatalogValues.WriteName(value, after)]);
        ArrayPool<byte>.Shared.Return(key);
    }

    private void Write(LogCursor cursor)
    {
        PutPlaces();
        tally.DrainChanges(PutOwner, PutSegment);
        var (head, last) = chain.Applied;
        _progress = new Progress(cursor, head, last, tally.Totals);
        if (!PlacesOnly)
        {
            PutProgress();
        }

        try
        {
            index.Write(_batch);
            KeepNewestGroup();
        }
        finally
        {
            ForgetChanged();
        }

        if (_unflushed > UnflushedBytesMax)
        {
            _unflushed = 0;
            index.Flush(wait: false);
        }

        if (_givenUp.Count > 0)
        {
            GivenUp?.Invoke([.. _givenUp]);
        }
    }

    private void ForgetChanged()
    {
        if (Recent is not { } recent)
        {
            return;
        }

        foreach (var key in _changed.Keys)
        {
            recent.Forget(key);
        }
    }

    private void PutOwner(OwnerUsage usage)
    {
        var key = new byte[CatalogKeys.SizeBytesMax];
        Span<byte> value = stackalloc byte[CatalogValues.UsageSizeBytesMax];
        _batch.Put(
            key.AsSpan(0, CatalogKeys.WriteOwner(key, usage.Owner)), value[..CatalogValues.WriteUsage(value, usage)]);
    }

    private void PutSegment(ulong segment, SegmentUse? use)
    {
        Span<byte> key = stackalloc byte[1 + sizeof(ulong)];
        var length = CatalogKeys.WriteNumber(key, CatalogKeys.Segment, segment);
        if (use is not { } known)
        {
            _batch.Delete(key[..length]);
            return;
        }

        Span<byte> value = stackalloc byte[32];
        _batch.Put(key[..length], value[..CatalogValues.WriteSegment(value, known)]);
    }

    private Span<byte> Room(int size)
    {
        if (_value.Length < size)
        {
            _value = new byte[size * 2];
        }

        return _value;
    }
}
