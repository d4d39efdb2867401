using System.Globalization;
using System.Text;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A request or an answer of HTTP/1.1: its lines as they came, and its body.</summary>
internal sealed class HttpPiece
{
    private readonly List<string> _lines;

    private HttpPiece(List<string> lines) => _lines = lines;

    public string FirstLine => _lines[0];

    public byte[] Body { get; private set; } = [];

    /// <returns>Null when the connection ends before one.</returns>
    public static async Task<HttpPiece?> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(stream, cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(line);
            }
            else if (lines.Count > 0)
            {
                return new HttpPiece(lines);
            }
        }

        return null;
    }

    /// <summary>Removes a header.</summary>
    public bool TryTake(string name) =>
        _lines.RemoveAll(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)) > 0;

    public async Task ReadBodyAsync(Stream stream, bool hasBody, CancellationToken cancellationToken)
    {
        if (!hasBody)
        {
            return;
        }

        if (Find("Transfer-Encoding") is null)
        {
            Body = await ReadAsync(stream, (int)Number(Find("Content-Length") ?? "0"), cancellationToken);
            return;
        }

        using var all = new MemoryStream();
        while (await ReadLineAsync(stream, cancellationToken) is { } line)
        {
            var size = int.Parse(line.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            all.Write(await ReadAsync(stream, size, cancellationToken));
            await ReadLineAsync(stream, cancellationToken);
            if (size == 0)
            {
                break;
            }
        }

        TryTake("Transfer-Encoding");
        Body = all.ToArray();
        _lines.Add($"Content-Length: {Body.Length}");
    }

    /// <summary>With the length of all of it, however much of it is sent.</summary>
    public async Task WriteAsync(Stream stream, int bodyBytes, CancellationToken cancellationToken)
    {
        var head = Encoding.Latin1.GetBytes(string.Join("\r\n", _lines) + "\r\n\r\n");
        await stream.WriteAsync(head, cancellationToken);
        await stream.WriteAsync(Body.AsMemory(0, bodyBytes), cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private string? Find(string name) => _lines
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Byte by byte: what comes behind the head is somebody else's.
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) > 0)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return null;
    }
}
