using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Proved small contents in memory, bounded by bytes and by age, resistant to scans (S3-FIFO: what is read once passes
/// through a small queue; what is read again, or was lately thrown out of it, gets into the large one). Entries carry
/// their record; any event about the object removes them, so a hit needs no look at the catalog.
/// </summary>
internal sealed class ContentCache(ContentCacheOptions options, TimeProvider time)
{
    private const int StripeCount = 16;
    private const int FrequencyMax = 3;
    private const int SmallShare = 10;
    private const int EntryOverheadBytes = 300;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];
    private readonly long _stripeSizeMax = options.SizeMaxBytes / StripeCount;

    public long Hits => _stripes.Sum(stripe => Interlocked.Read(ref stripe.Hits));

    public long Misses => _stripes.Sum(stripe => Interlocked.Read(ref stripe.Misses));

    public long SizeBytes => _stripes.Sum(stripe => Interlocked.Read(ref stripe.SizeBytes));

    private bool IsOn => _stripeSizeMax > EntryOverheadBytes;

    public bool Admits(int sizeBytes) =>
        sizeBytes <= options.ItemSizeMaxBytes && sizeBytes + EntryOverheadBytes <= _stripeSizeMax;

    /// <summary>To be taken before the record is read, and given to <see cref="Add"/>: what changed in between is not
    /// cached.</summary>
    public long Version(ContentKey key) => Volatile.Read(ref StripeOf(key).Version);

    public bool TryGet(in ContentKey key, out ObjectRecord record, out byte[] content)
    {
        (record, content) = (null!, []);
        if (!IsOn)
        {
            return false;
        }

        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            if (stripe.Entries.TryGetValue(key, out var entry))
            {
                if (time.GetElapsedTime(entry.Since) < options.AgeMax)
                {
                    ProcessorCache.Fetch(entry.Content);
                    entry.Frequency = Math.Min(entry.Frequency + 1, FrequencyMax);
                    stripe.Hits++;
                    (record, content) = (entry.Record, entry.Content);
                    return true;
                }

                Drop(stripe, entry);
            }

            stripe.Misses++;
        }

        return false;
    }

    /// <param name="record">What was read.</param>
    /// <param name="content">Its proved bytes, owned by the cache from now on.</param>
    /// <param name="version">From before the record was read.</param>
    /// <param name="toMain">Admit it as if it had been read twice.</param>
    public void Add(ObjectRecord record, byte[] content, long version, bool toMain)
    {
        var stripe = StripeOf(record.Key);
        lock (stripe.Gate)
        {
            if (stripe.Version != version || stripe.Entries.ContainsKey(record.Key) || !Admits(content.Length))
            {
                return;
            }

            var isMain = stripe.Ghosts.Remove(record.Key) || toMain;
            var entry = new Entry(record, content, time.GetTimestamp()) { IsMain = isMain };
            stripe.Entries.Add(record.Key, entry);
            (isMain ? stripe.Main : stripe.Small).Enqueue(entry);
            stripe.SizeBytes += entry.SizeBytes;
            stripe.SmallBytes += isMain ? 0 : entry.SizeBytes;
            while (stripe.SizeBytes > _stripeSizeMax)
            {
                Evict(stripe);
            }
        }
    }

    public void Remove(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            stripe.Version++;
            if (stripe.Entries.TryGetValue(key, out var entry))
            {
                Drop(stripe, entry);
            }
        }
    }

    private void Evict(Stripe stripe)
    {
        var fromSmall = stripe.SmallBytes * SmallShare > _stripeSizeMax || stripe.Main.Count == 0;
        if (!(fromSmall ? stripe.Small : stripe.Main).TryDequeue(out var entry))
        {
            (fromSmall ? stripe.Main : stripe.Small).TryDequeue(out entry);
        }

        if (entry is null or { IsDropped: true })
        {
            return;
        }

        if (entry.Frequency > 0)
        {
            // Read again while it waited: it moves to, or on within, the large queue.
            stripe.SmallBytes -= entry.IsMain ? 0 : entry.SizeBytes;
            entry.Frequency = entry.IsMain ? entry.Frequency - 1 : 0;
            entry.IsMain = true;
            stripe.Main.Enqueue(entry);
            return;
        }

        if (!entry.IsMain)
        {
            stripe.Remember(entry.Record.Key);
        }

        Drop(stripe, entry);
    }

    private static void Drop(Stripe stripe, Entry entry)
    {
        entry.Forget();
        stripe.Entries.Remove(entry.Record.Key);
        stripe.SizeBytes -= entry.SizeBytes;
        stripe.SmallBytes -= entry.IsMain ? 0 : entry.SizeBytes;
        stripe.Tidy();
    }

    private Stripe StripeOf(in ContentKey key) => _stripes[(uint)key.GetHashCode() % StripeCount];

    private sealed class Entry(ObjectRecord record, byte[] content, long since)
    {
        public ObjectRecord Record { get; } = record;

        public byte[] Content { get; private set; } = content;

        public long Since { get; } = since;

        public long SizeBytes { get; } = content.Length + EntryOverheadBytes;

        public int Frequency { get; set; }

        public bool IsMain { get; set; }

        public bool IsDropped { get; private set; }

        public void Forget()
        {
            IsDropped = true;
            Content = [];
        }
    }

    private sealed class Stripe
    {
        private const int GhostCountMax = 4096;
        private const int DroppedCountMax = 1024;

        private readonly Queue<ContentKey> _ghostOrder = new();

        public long Version;
        public long SizeBytes;
        public long SmallBytes;
        public long Hits;
        public long Misses;

        public Lock Gate { get; } = new();

        public Dictionary<ContentKey, Entry> Entries { get; } = [];

        public Queue<Entry> Small { get; } = new();

        public Queue<Entry> Main { get; } = new();

        public HashSet<ContentKey> Ghosts { get; } = [];

        /// <summary>Entries dropped from the middle of a queue leave their shell there; not too many of them.</summary>
        public void Tidy()
        {
            if (Small.Count + Main.Count <= (2 * Entries.Count) + DroppedCountMax)
            {
                return;
            }

            foreach (var queue in (Queue<Entry>[])[Small, Main])
            {
                for (var count = queue.Count; count > 0; count--)
                {
                    if (queue.Dequeue() is { IsDropped: false } entry)
                    {
                        queue.Enqueue(entry);
                    }
                }
            }
        }

        public void Remember(ContentKey key)
        {
            if (Ghosts.Add(key))
            {
                _ghostOrder.Enqueue(key);
            }

            while (_ghostOrder.Count > GhostCountMax)
            {
                Ghosts.Remove(_ghostOrder.Dequeue());
            }
        }
    }
}
