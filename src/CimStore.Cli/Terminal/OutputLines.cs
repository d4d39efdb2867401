using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CimStore.Cli.Terminal;

/// <summary>
/// Standard output as lines or JSON Lines, buffered. Written out when the buffer is full, when the command waits
/// for more
/// (<see cref="Flush"/>) and at its end.
/// </summary>
internal sealed class OutputLines(Stream destination)
{
    private const int BufferSizeBytes = 32 * 1024;

    /// <summary>For programs and terminals, not for a web page: `+` and letters stay readable.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(BufferSizeBytes);

    /// <summary>The raw stream, for content. Flush first when lines were written.</summary>
    public Stream Raw => destination;

    public void Line(string text) => Text(text, '\n');

    /// <summary>A line that another program reads by its terminator: newline, or NUL with `--null`.</summary>
    public void Text(string text, char terminator)
    {
        Encoding.UTF8.GetBytes(text, _buffer);
        _buffer.GetSpan(1)[0] = (byte)terminator;
        _buffer.Advance(1);
        FlushWhenFull();
    }

    /// <summary>A line that is encoded already.</summary>
    public void Utf8(ReadOnlySpan<byte> line)
    {
        _buffer.Write(line);
        _buffer.Write("\n"u8);
        FlushWhenFull();
    }

    /// <summary>A name as the bytes it is, ended by NUL.</summary>
    public void Raw0(string before, ReadOnlySpan<byte> name)
    {
        Encoding.UTF8.GetBytes(before, _buffer);
        _buffer.Write(name);
        _buffer.GetSpan(1)[0] = 0;
        _buffer.Advance(1);
        FlushWhenFull();
    }

    public void Json<T>(T value, JsonTypeInfo<T> type)
    {
        // The writer is the buffer's: a value never leaves in two halves with something between.
        using (var writer = new Utf8JsonWriter(_buffer, Options))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
        FlushWhenFull();
    }

    public void Flush()
    {
        if (_buffer.WrittenCount > 0)
        {
            destination.Write(_buffer.WrittenSpan);
            _buffer.ResetWrittenCount();
        }
    }

    private void FlushWhenFull()
    {
        if (_buffer.WrittenCount >= BufferSizeBytes)
        {
            Flush();
        }
    }
}
