using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Proved small contents in memory, bounded by bytes and by age, resistant to scans (S3-FIFO: what is read once passes
/// through a small queue; what is read again, or was lately thrown out of it, gets into the large one). Items carry
/// their record; any event about the object removes them, so a hit needs no look at the catalog.
/// </summary>
internal sealed class ContentCache(ContentCacheOptions options, TimeProvider time)
{
    private const int StripeCount = 16;
    private const int FrequencyMax = 3;
    private const int SmallShare = 10;
    private const int ItemOverheadBytes = 300;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];
    private readonly long _stripeSizeMax = options.SizeMaxBytes / StripeCount;

    public long Hits => _stripes.Sum(stripe => Interlocked.Read(ref stripe.Hits));

    public long Misses => _stripes.Sum(stripe => Interlocked.Read(ref stripe.Misses));

    public long SizeBytes => _stripes.Sum(stripe => Interlocked.Read(ref stripe.SizeBytes));

    private bool IsOn => _stripeSizeMax > ItemOverheadBytes;

    public bool Admits(int sizeBytes) =>
        sizeBytes <= options.ItemSizeMaxBytes && sizeBytes + ItemOverheadBytes <= _stripeSizeMax;

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

        var now = time.GetTimestamp();
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            ref var item = ref stripe.Find(key);
            if (!Unsafe.IsNullRef(ref item))
            {
                ProcessorCache.Fetch(item.Content);
                if (time.GetElapsedTime(item.Since, now) < options.AgeMax)
                {
                    item.Frequency = Math.Min(item.Frequency + 1, FrequencyMax);
                    stripe.Hits++;
                    (record, content) = (item.Record, item.Content);
                    return true;
                }

                Drop(stripe, item.Place);
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
            if (stripe.Version != version || stripe.Items.ContainsKey(record.Key) || !Admits(content.Length))
            {
                return;
            }

            var isMain = stripe.Ghosts.Remove(record.Key) || toMain;
            var place = new Place(record.Key, content.Length + ItemOverheadBytes) { IsMain = isMain };
            stripe.Items.Add(record.Key, new Item(record, content, time.GetTimestamp(), place));
            (isMain ? stripe.Main : stripe.Small).Enqueue(place);
            stripe.SizeBytes += place.SizeBytes;
            stripe.SmallBytes += isMain ? 0 : place.SizeBytes;
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
            if (stripe.Items.TryGetValue(key, out var item))
            {
                Drop(stripe, item.Place);
            }
        }
    }

    private void Evict(Stripe stripe)
    {
        var fromSmall = stripe.SmallBytes * SmallShare > _stripeSizeMax || stripe.Main.Count == 0;
        if (!(fromSmall ? stripe.Small : stripe.Main).TryDequeue(out var place))
        {
            (fromSmall ? stripe.Main : stripe.Small).TryDequeue(out place);
        }

        if (place is null or { IsDropped: true })
        {
            return;
        }

        ref var item = ref stripe.Find(place.Key);
        if (item.Frequency > 0)
        {
            // Read again while it waited: it moves to, or on within, the large queue.
            stripe.SmallBytes -= place.IsMain ? 0 : place.SizeBytes;
            item.Frequency = place.IsMain ? item.Frequency - 1 : 0;
            place.IsMain = true;
            stripe.Main.Enqueue(place);
            return;
        }

        if (!place.IsMain)
        {
            stripe.Remember(place.Key);
        }

        Drop(stripe, place);
    }

    private static void Drop(Stripe stripe, Place place)
    {
        place.IsDropped = true;
        stripe.Items.Remove(place.Key);
        stripe.SizeBytes -= place.SizeBytes;
        stripe.SmallBytes -= place.IsMain ? 0 : place.SizeBytes;
        stripe.Tidy();
    }

    private Stripe StripeOf(in ContentKey key) => _stripes[(uint)key.GetHashCode() % StripeCount];

    /// <summary>
    /// What a hit needs lies in the table itself: each step to another object is one that waits for memory.
    /// </summary>
    private struct Item(ObjectRecord record, byte[] content, long since, Place place)
    {
        public readonly ObjectRecord Record = record;
        public readonly byte[] Content = content;
        public readonly long Since = since;
        public readonly Place Place = place;

        /// <summary>How often it was read since it came, or last moved on; counted no further than a few.</summary>
        public int Frequency;
    }

    /// <summary>Where an item stands in the queues; it stays there when the item is dropped.</summary>
    private sealed class Place(ContentKey key, long sizeBytes)
    {
        public ContentKey Key { get; } = key;

        public long SizeBytes { get; } = sizeBytes;

        public bool IsMain { get; set; }

        public bool IsDropped { get; set; }
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

        public Dictionary<ContentKey, Item> Items { get; } = [];

        public Queue<Place> Small { get; } = new();

        public Queue<Place> Main { get; } = new();

        public HashSet<ContentKey> Ghosts { get; } = [];

        /// <summary>The item in the table itself, or a null reference.</summary>
        public ref Item Find(in ContentKey key) => ref CollectionsMarshal.GetValueRefOrNullRef(Items, key);

        /// <summary>Items dropped from the middle of a queue leave their place there; not too many of them.</summary>
        public void Tidy()
        {
            if (Small.Count + Main.Count <= (2 * Items.Count) + DroppedCountMax)
            {
                return;
            }

            foreach (var queue in (Queue<Place>[])[Small, Main])
            {
                for (var count = queue.Count; count > 0; count--)
                {
                    if (queue.Dequeue() is { IsDropped: false } place)
                    {
                        queue.Enqueue(place);
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
