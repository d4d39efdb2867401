using System.Text.Json;
using CimStore.Engine;
using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Backup;

/// <summary>Requests to JetStream in its own JSON: snapshots are not among what the client library offers.</summary>
internal sealed class StreamApi(NatsLink link)
{
    /// <summary>A server proves a whole stream before it answers that it begins, and after the last chunk.</summary>
    public static readonly NatsSubOpts Patient = new() { Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>A stream's name is one token of a subject and a folder of the server.</summary>
    public static void RequireName(string stream)
    {
        if (stream.Length is 0 or > 255 || stream.Any(static letter => letter is '.' or '*' or '>' or '/' or '\\'
            || char.IsWhiteSpace(letter) || char.IsControl(letter)))
        {
            throw new RefusedException(new Refusal(
                "stream-invalid",
                $"\"{stream}\" is no name of a stream: 1..255 characters without . * > / \\ and space."));
        }
    }

    /// <returns>What the server answers, an error too.</returns>
    /// <exception cref="LocationException">It does not answer.</exception>
    public async ValueTask<JsonDocument> AskAsync(
        string verb, string stream, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var subject = $"{link.JetStream.Opts.Prefix}.STREAM.{verb}.{stream}";
        try
        {
            var answer = await link.Connection.RequestAsync<ReadOnlyMemory<byte>, byte[]>(
                subject, body, replyOpts: Patient, cancellationToken: cancellationToken);
            return JsonDocument.Parse(answer.Data ?? []);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: false, $"asking for {verb} of the stream {stream}");
        }
        catch (JsonException broken)
        {
            throw new LocationException(
                LocationFault.Offline, $"NATS: the answer to {subject} is no JSON: {broken.Message}", broken);
        }
    }

    public static (int Code, string Text)? ErrorOf(JsonDocument answer) =>
        answer.RootElement.TryGetProperty("error", out var error)
            ? (error.TryGetProperty("err_code", out var code) ? code.GetInt32() : 0,
                error.TryGetProperty("description", out var text) ? text.GetString() ?? "" : "")
            : null;

    /// <summary>Chunks are answered one by one: what is on its way is in the library's memory until then.</summary>
    public async ValueTask<INatsSub<NatsMemoryOwner<byte>>> SubscribeAsync(
        string inbox, int waitingMax, CancellationToken cancellationToken) =>
        await link.Connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>(
            inbox,
            opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = waitingMax } },
            cancellationToken: cancellationToken);
}
