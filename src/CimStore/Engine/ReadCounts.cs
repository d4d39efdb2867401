using System.Runtime.InteropServices;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Reads since they were last told, by content: in memory and bounded, so that a read costs no write. What is lost with
/// the process, or does not fit, is the one thing the journal may lack (D17).
/// </summary>
internal sealed class ReadCounts
{
    /// <summary>64 x 1,024 contents of 150 bytes: 10 MB; further ones are not counted until these are told.</summary>
    private const int ContentsPerStripeMax = 1024;

    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    public void Add(ContentKey key, LocationId location, TimeSpan took)
    {
        var stripe = _stripes[(uint)key.GetHashCode() % StripeCount];
        lock (stripe.Gate)
        {
            if (stripe.Sums.Count >= ContentsPerStripeMax && !stripe.Sums.ContainsKey(key))
            {
                return;
            }

            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(stripe.Sums, key, out _);
            sum = new Sum(sum.Count + 1, sum.Took + took, location);
        }
    }

    /// <returns>One event for each of the contents read most, and forgets the rest.</returns>
    public List<StorageEvent.Retrieved> Take(int eventsMax)
    {
        var told = new PriorityQueue<StorageEvent.Retrieved, long>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Gate)
            {
                foreach (var (key, sum) in stripe.Sums)
                {
                    told.Enqueue(
                        new StorageEvent.Retrieved(key, sum.Location, sum.Took / sum.Count, sum.Count), sum.Count);
                    if (told.Count > eventsMax)
                    {
                        told.Dequeue();
                    }
                }

                stripe.Sums.Clear();
            }
        }

        return [.. told.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)];
    }

    private readonly record struct Sum(long Count, TimeSpan Took, LocationId Location);

    private sealed class Stripe
    {
        public Lock Gate { get; } = new();

        public Dictionary<ContentKey, Sum> Sums { get; } = [];
    }
}
