using System.Text;
using NATS.Client.Core;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Locations;

/// <summary>One message as a bucket's stream keeps it.</summary>
/// <param name="Subject">Where it was published.</param>
/// <param name="Sequence">Its number in the stream, which no other message ever has.</param>
/// <param name="Time">When the server took it, by the server's clock.</param>
/// <param name="Headers">The last value of each.</param>
/// <param name="Body">Its bytes.</param>
internal sealed record BucketMessage(
    string Subject, ulong Sequence, DateTimeOffset Time, IReadOnlyDictionary<string, string> Headers,
    ReadOnlyMemory<byte> Body)
{
    private static readonly IReadOnlyDictionary<string, string> NoHeaders = new Dictionary<string, string>();

    public static BucketMessage Of(StoredMessage stored) => new(
        stored.Subject, stored.Seq, stored.Time,
        stored.Hdrs is { Length: > 0 } text ? ParseHeaders(Convert.FromBase64String(text)) : NoHeaders, stored.Data);

    /// <returns>Null where the answer does not say which message it is.</returns>
    public static BucketMessage? Of(NatsMsg<byte[]> direct)
    {
        var headers = TextOf(direct.Headers);
        return headers.TryGetValue("Nats-Subject", out var subject)
            && headers.TryGetValue("Nats-Sequence", out var digits)
            && ulong.TryParse(digits, out var sequence)
            ? new BucketMessage(subject, sequence, default, headers, direct.Data ?? [])
            : null;
    }

    public static BucketMessage Of(string subject, ulong sequence, DateTimeOffset time, NatsHeaders? headers) =>
        new(subject, sequence, time, TextOf(headers), default);

    private static Dictionary<string, string> TextOf(NatsHeaders? headers)
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in headers ?? [])
        {
            text[name] = values is [.., { } last] ? last : "";
        }

        return text;
    }

    /// <summary>The block of headers as it travels: a version line, then NAME: VALUE lines.</summary>
    private static Dictionary<string, string> ParseHeaders(byte[] block)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(block).Split("\r\n").Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers[line[..colon]] = line[(colon + 1)..].Trim(' ');
            }
        }

        return headers;
    }
}
