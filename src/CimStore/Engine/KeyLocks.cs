using System.Diagnostics;

namespace CimStore.Engine;

/// <summary>
/// One asynchronous lock for each key that is in use, first come, first served; nothing is kept for a key nobody holds.
/// The tables are striped only to spread contention on the tables: two keys never wait for one another.
/// </summary>
internal sealed class KeyLocks<TKey>
    where TKey : notnull
{
    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    public ValueTask AcquireAsync(TKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stripe = StripeOf(key);
        TaskCompletionSource turn;
        lock (stripe.Gate)
        {
            if (stripe.Held.TryAdd(key, null))
            {
                return ValueTask.CompletedTask;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var waiting = stripe.Held[key] ??= new Queue<TaskCompletionSource>();
            waiting.Enqueue(turn);
        }

        return cancellationToken.CanBeCanceled
            ? new ValueTask(WaitAsync(turn, cancellationToken))
            : new ValueTask(turn.Task);
    }

    public void Release(TKey key)
    {
        var stripe = StripeOf(key);
        lock (stripe.Gate)
        {
            var isHeld = stripe.Held.TryGetValue(key, out var waiting);
            Debug.Assert(isHeld, "Only a holder releases.");
            while (waiting is not null && waiting.TryDequeue(out var next))
            {
                // Who gave up waiting is passed over.
                if (next.TrySetResult())
                {
                    return;
                }
            }

            stripe.Held.Remove(key);
        }
    }

    private static async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task;
    }

    private Stripe StripeOf(TKey key) => _stripes[(uint)key.GetHashCode() % StripeCount];

    private sealed class Stripe
    {
        public Lock Gate { get; } = new();

        public Dictionary<TKey, Queue<TaskCompletionSource>?> Held { get; } = [];
    }
}
