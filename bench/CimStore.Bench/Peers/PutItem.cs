namespace CimStore.Bench.Peers;

/// <summary>
/// One put on its way through a peer: the caller's bytes stay where they are until it is acknowledged.
/// </summary>
internal sealed class PutItem(ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> key)
{
    public ReadOnlyMemory<byte> Content { get; } = content;

    public ReadOnlyMemory<byte> Key { get; } = key;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
