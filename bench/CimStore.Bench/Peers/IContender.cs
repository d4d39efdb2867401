namespace CimStore.Bench.Peers;

/// <summary>
/// One store in a contest. A put is complete when the content, its catalog record and its event are durable together;
/// a get is complete when the bytes lie in the caller's buffer and were proved against their digest.
/// </summary>
internal interface IContender : IAsyncDisposable
{
    string Name { get; }

    /// <summary>A put holds its thread, so that each put in flight needs a thread of its own.</summary>
    bool HoldsThread { get; }

    /// <summary>Stores fresh content and remembers its key under <paramref name="index"/>.</summary>
    ValueTask PutAsync(int index, ReadOnlyMemory<byte> content);

    /// <summary>Reads content whole into the buffer and proves it.</summary>
    ValueTask<int> GetAsync(int index, Memory<byte> destination);

    /// <summary>Reads large content, proves it (peers by SHA-256) and gives it to a sink that throws it away.</summary>
    ValueTask<long> GetLargeAsync(int index);
}
