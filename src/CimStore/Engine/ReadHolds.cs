using System.Runtime.InteropServices;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// Which contents are being read. A release begins only when nobody reads, and from then on nobody new may; so a read
/// that has begun always finishes.
/// </summary>
internal sealed class ReadHolds
{
    private const int Releasing = -1;
    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    /// <returns>False when the content is being released: it is no longer here.</returns>
    public bool TryHold(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(stripe.Counts, key, out _);
            if (count == Releasing)
            {
                return false;
            }

            count++;
            return true;
        }
    }

    public void LetGo(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            if (stripe.Counts.Remove(key, out var count) && count > 1)
            {
                stripe.Counts.Add(key, count - 1);
            }
        }
    }

    public int Count(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            return Math.Max(0, stripe.Counts.GetValueOrDefault(key));
        }
    }

    public bool TryBeginRelease(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            return stripe.Counts.TryAdd(key, Releasing);
        }
    }

    public void EndRelease(ContentKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            stripe.Counts.Remove(key);
        }
    }

    private Stripe StripeOf(ContentKey key) => _stripes[(uint)key.GetHashCode() % StripeCount];

    private sealed class Stripe
    {
        public Lock Gate { get; } = new();

        public Dictionary<ContentKey, int> Counts { get; } = [];
    }
}
