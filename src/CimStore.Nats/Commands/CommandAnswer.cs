using System.Buffers;
using System.Text.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using NATS.Client.Core;

namespace CimStore.Nats.Commands;

/// <summary>The acknowledgement of D32, and what the command yields beside it.</summary>
internal static class CommandAnswer
{
    public const string Accepted = "Accepted";
    public const string Rejected = "Rejected";

    public static ReadOnlyMemory<byte> Stored(StoreResult result) =>
        Write(result.CommandId, result.CorrelationId, Accepted, json =>
        {
            json.WriteString("cid", result.Cid.ToString());
            json.WriteNumber("size_bytes", result.SizeBytes);
            json.WriteNumber("lsn", result.Receipt.Lsn.Value);
            json.WriteBoolean("deduplicated", result.Deduplicated);
            json.WriteBoolean("replayed", result.Replayed);
            json.WritePropertyName("receipt");
            JsonSerializer.Serialize(json, result.Receipt, WireJson.Of<DurabilityReceipt>());
        });

    /// <param name="cid">What it is about; null where it is about none.</param>
    /// <param name="lsn">The token that observes it; null where there is none.</param>
    /// <param name="result">As HTTP answers it.</param>
    public static ReadOnlyMemory<byte> Done<T>(CommandIdentity identity, Cid? cid, Lsn? lsn, T result) =>
        Write(identity.MessageId!.Value, Correlation(identity), Accepted, json =>
        {
            if (cid is { } about)
            {
                json.WriteString("cid", about.ToString());
            }

            if (lsn is { } position)
            {
                json.WriteNumber("lsn", position.Value);
            }

            json.WritePropertyName("result");
            JsonSerializer.Serialize(json, result, WireJson.Of<T>());
        });

    public static ReadOnlyMemory<byte> Refused(CommandIdentity identity, Problem problem) =>
        Write(identity.MessageId!.Value, Correlation(identity), Rejected, json =>
        {
            json.WriteString("code", problem.Code);
            json.WriteString("kind", problem.Kind);
            json.WriteString("reason", problem.Detail);
            if (ProblemTable.FormOf(problem.Code).RetryAfterSeconds is { } seconds)
            {
                json.WriteNumber("retry_after_seconds", seconds);
            }
        });

    /// <summary>Those of every answer (D31): a message of its own, caused by the command.</summary>
    public static NatsHeaders Headers(
        CommandIdentity identity, IdSource ids, string status, string contentType) => new()
    {
        [CommandHeaders.MessageId] = ids.Next().ToString(),
        [CommandHeaders.CorrelationId] = Correlation(identity).ToString(),
        [CommandHeaders.CausationId] = identity.MessageId!.Value.ToString(),
        [CommandHeaders.CommandId] = identity.MessageId!.Value.ToString(),
        [CommandHeaders.Status] = status,
        [CommandHeaders.ContentType] = contentType,
    };

    private static MessageId Correlation(CommandIdentity identity) =>
        identity.CorrelationId ?? identity.MessageId!.Value;

    private static ReadOnlyMemory<byte> Write(
        MessageId command, MessageId correlation, string status, Action<Utf8JsonWriter> yields)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("command_id", command.ToString());
        json.WriteString("correlation_id", correlation.ToString());
        json.WriteString("status", status);
        yields(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
