using System.Buffers;

namespace CimStore.Content;

/// <summary>
/// Takes a block, whose memory is the caller's again when the task is done. <see cref="CarWriter.WriteBlockAsync(Cid,
/// ReadOnlySequence{byte}, CancellationToken)"/> is one.
/// </summary>
public delegate ValueTask BlockSink(Cid cid, ReadOnlySequence<byte> block, CancellationToken cancellationToken);
