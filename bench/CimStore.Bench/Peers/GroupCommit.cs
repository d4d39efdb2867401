using System.Diagnostics;

namespace CimStore.Bench.Peers;

/// <summary>
/// The batching every peer with a single writer gets: a put that finds the store idle commits inline (no hand-over);
/// under load puts queue up and one drainer commits all that wait, up to a limit, in one transaction.
/// </summary>
internal sealed class GroupCommit(Action<IReadOnlyList<PutItem>> commit)
{
    private const int BatchCountMax = 256;
    private const long BatchSizeMaxBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<PutItem> _waiting = new();
    private bool _isBusy;

    public ValueTask PutAsync(PutItem item)
    {
        lock (_lock)
        {
            if (_isBusy)
            {
                _waiting.Enqueue(item);
                return new ValueTask(item.Done.Task);
            }

            _isBusy = true;
        }

        try
        {
            commit([item]);
        }
        finally
        {
            HandOver();
        }

        return ValueTask.CompletedTask;
    }

    private void HandOver()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _isBusy = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static group => group.Drain(), this, preferLocal: false);
    }

    private void Drain()
    {
        var batch = new List<PutItem>(BatchCountMax);
        while (Take(batch))
        {
            try
            {
                commit(batch);
            }
            catch (Exception failure)
            {
                batch.ForEach(item => item.Done.SetException(failure));
                continue;
            }

            batch.ForEach(static item => item.Done.SetResult());
        }
    }

    private bool Take(List<PutItem> batch)
    {
        batch.Clear();
        lock (_lock)
        {
            var sizeBytes = 0L;
            while (batch.Count < BatchCountMax && sizeBytes < BatchSizeMaxBytes && _waiting.TryDequeue(out var item))
            {
                batch.Add(item);
                sizeBytes += item.Content.Length;
            }

            _isBusy = batch.Count > 0;
        }

        Debug.Assert(batch.Count <= BatchCountMax);
        return batch.Count > 0;
    }
}
