using System.IO.Pipelines;

namespace CimStore.Engine;

/// <summary>Small content as bytes, for blocks that must be looked into.</summary>
internal static class ContentBytes
{
    public const int SizeMaxBytes = 8 << 20;

    public static async ValueTask<byte[]> ReadAsync(IContentReader content, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Record.SizeBytes, SizeMaxBytes);
        var bytes = new byte[content.Record.SizeBytes];
        var writer = PipeWriter.Create(new MemoryStream(bytes), new StreamPipeWriterOptions(leaveOpen: true));
        await content.CopyToAsync(writer, 0, bytes.Length, cancellationToken);
        await writer.CompleteAsync();
        return bytes;
    }
}
