using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>
/// The catalog that follows from the journal, in this node's memory: made anew by reading the stream, so that a node
/// has no state of its own. One thread applies; any may ask.
/// </summary>
internal sealed class JournalCatalog : ICatalog
{
    private const int PageRecords = 256;
    private const char Separator = '\0';

    private readonly Lock _gate = new();
    private readonly Dictionary<ContentKey, ObjectRecord> _records = [];
    private readonly SortedSet<ContentKey> _order = new(new ByText());
    private readonly SortedSet<(DateTimeOffset At, ContentKey Key)> _expiring = new(new ByInstant());
    private readonly SortedDictionary<string, NameRecord> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<MessageId, CommandOutcome> _commands = [];
    private readonly Queue<CommandOutcome> _remembered = [];

    public DateTimeOffset? CommandsForgottenUntil { get; private set; }

    /// <summary>Follows one message.</summary>
    public void Apply(IReadOnlyList<JournalEntry> entries)
    {
        lock (_gate)
        {
            for (var index = 0; index < entries.Count; index++)
            {
                Apply(entries[index]);
            }
        }
    }

    public ValueTask<ObjectRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_records.GetValueOrDefault(key));
        }
    }

    public async IAsyncEnumerable<ObjectRecord> ListAsync(
        DedupDomain domain, Cid? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        ContentKey? last = after is { } cid ? new ContentKey(domain, cid) : null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = Page(domain, last);
            foreach (var record in page)
            {
                last = record.Key;
                if (record.IsPresent)
                {
                    yield return record;
                }
            }

            if (page.Count < PageRecords)
            {
                yield break;
            }
        }
    }

    public async IAsyncEnumerable<ObjectRecord> ListExpiredAsync(
        DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        ObjectRecord[] expired;
        lock (_gate)
        {
            expired = [.. _expiring.TakeWhile(one => one.At <= now).Select(one => _records[one.Key])];
        }

        foreach (var record in expired)
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
        var (objects, bytes) = (0L, 0L);
        lock (_gate)
        {
            foreach (var record in _records.Values)
            {
                (objects, bytes) = record.IsPresent ? (objects + 1, bytes + record.SizeBytes) : (objects, bytes);
            }
        }

        return ValueTask.FromResult(new CatalogTotals(objects, bytes));
    }

    public ValueTask<IReadOnlyList<OwnerUsage>> UsageAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var usage = new SortedDictionary<string, OwnerUsage>(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var record in _records.Values.Where(static record => record.IsPresent))
            {
                foreach (var owned in record.References.GroupBy(static reference => reference.Owner))
                {
                    var so = usage.GetValueOrDefault(owned.Key.Name) ?? new OwnerUsage(owned.Key, 0, 0, 0);
                    usage[owned.Key.Name] = new OwnerUsage(
                        owned.Key, so.References + owned.Count(), so.Objects + 1, so.LogicalBytes + record.SizeBytes);
                }
            }
        }

        return ValueTask.FromResult<IReadOnlyList<OwnerUsage>>([.. usage.Values]);
    }

    private void Apply(JournalEntry entry)
    {
        if (ObjectHistory.NameOf(entry.Event) is { Name: { } name } reference)
        {
            // The object's part has an entry of its own: this one is about the name alone.
            var key = NameKey(reference.Owner, reference.Namespace, name);
            _names[key] = entry.ApplyTo(_names.GetValueOrDefault(key))!;
        }
        else if (ObjectHistory.KeyOf(entry.Event) is { } key)
        {
            var before = _records.GetValueOrDefault(key);
            var after = entry.ApplyTo(before);
            if (after is not null && !ReferenceEquals(before, after))
            {
                Put(key, before, after);
            }
        }

        if (!entry.Context.RequestDigest.IsEmpty)
        {
            Remember(new CommandOutcome(
                entry.Context.MessageId, entry.Context.RequestDigest, entry.Lsn, entry.At));
        }
    }

    private void Put(ContentKey key, ObjectRecord? before, ObjectRecord after)
    {
        if (before is null)
        {
            _order.Add(key);
        }
        else if (before.ExpiresAt is { } was)
        {
            _expiring.Remove((was, key));
        }

        if (after.ExpiresAt is { } expires)
        {
            _expiring.Add((expires, key));
        }

        _records[key] = after;
    }

    private void Remember(CommandOutcome outcome)
    {
        if (!_commands.TryAdd(outcome.Id, outcome))
        {
            return;
        }

        _remembered.Enqueue(outcome);
        for (var count = 0; count < CommandRetention.ForgottenPerCommandMax; count++)
        {
            var oldest = _remembered.Peek();
            if (!CommandRetention.ForgetsOldest(
                _remembered.Count, CommandRetention.CountMax, oldest.At, outcome.At))
            {
                return;
            }

            _remembered.Dequeue();
            _commands.Remove(oldest.Id);
            CommandsForgottenUntil = CommandRetention.ForgottenUntil(oldest.At, outcome.At);
        }
    }

    private List<ObjectRecord> Page(DedupDomain domain, ContentKey? after)
    {
        var page = new List<ObjectRecord>(PageRecords);
        lock (_gate)
        {
            var rest = after is { } last && _order.Count > 0 && _order.Comparer.Compare(last, _order.Max) <= 0
                ? _order.GetViewBetween(last, _order.Max)
                : after is null ? _order : [];
            foreach (var key in rest)
            {
                if (key.Domain == domain && key != after)
                {
                    page.Add(_records[key]);
                    if (page.Count == PageRecords)
                    {
                        break;
                    }
                }
            }
        }

        return page;
    }

    private static string NameKey(OwnerId owner, NamespaceId space, string name) =>
        string.Join(Separator, owner.Name, space.Name, name);

    private sealed class ByText : IComparer<ContentKey>
    {
        public int Compare(ContentKey left, ContentKey right)
        {
            var domains = left.Domain.Tag.CompareTo(right.Domain.Tag);
            return domains != 0 ? domains : left.Cid.CompareTo(right.Cid);
        }
    }

    private sealed class ByInstant : IComparer<(DateTimeOffset At, ContentKey Key)>
    {
        private readonly ByText _keys = new();

        public int Compare((DateTimeOffset At, ContentKey Key) left, (DateTimeOffset At, ContentKey Key) right)
        {
            var instants = left.At.CompareTo(right.At);
            return instants != 0 ? instants : _keys.Compare(left.Key, right.Key);
        }
    }
}
