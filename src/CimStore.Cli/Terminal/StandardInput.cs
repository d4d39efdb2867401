namespace CimStore.Cli.Terminal;

/// <summary>
/// Standard input whose wait can be given up: a read(2) on a terminal or an idle pipe cannot be cancelled, so it
/// fills a
/// buffer of its own on another thread, and only whole results are copied to the caller.
/// </summary>
internal sealed class StandardInput(Stream source) : Stream
{
    private const int BufferSizeBytes = 64 * 1024;
    private readonly byte[] _buffer = new byte[BufferSizeBytes];
    private int _start;
    private int _end;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static StandardInput Open() => new(Console.OpenStandardInput());

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_start == _end)
        {
            _end = await Task.Run(() => source.Read(_buffer), cancellationToken).WaitAsync(cancellationToken);
            _start = 0;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
