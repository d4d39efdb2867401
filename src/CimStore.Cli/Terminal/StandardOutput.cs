using System.Runtime.InteropServices;

namespace CimStore.Cli.Terminal;

/// <summary>
/// Standard output through write(2). The runtime's console stream swallows EPIPE, so that `cimstore cat CID |
/// head` would
/// go on reading for nothing; a <see cref="FileStream"/> writes at its own offset, so that two commands that share one
/// redirected file would overwrite each other.
/// </summary>
internal sealed partial class StandardOutput : Stream
{
    private const int DescriptorNumber = 1;
    private const int ErrnoInterrupted = 4;
    private const int ErrnoAgain = 11;
    private const int ErrnoPipe = 32;
    private const short PollOut = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteSystem(DescriptorNumber, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            switch (errno)
            {
                case ErrnoInterrupted:
                    break;
                case ErrnoAgain:
                    var poll = new PollDescriptor { Descriptor = DescriptorNumber, Events = PollOut };
                    _ = PollSystem(ref poll, 1, -1);
                    break;
                case ErrnoPipe:
                    throw new ClosedPipeException();
                default:
                    throw new IOException(
                        $"Writing to standard output failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteSystem(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollSystem(ref PollDescriptor descriptors, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
