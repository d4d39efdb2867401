using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Backup;

/// <summary>
/// Backs a stream up to one file, with its durable consumers, and restores it from there. The payload is the server's
/// own snapshot and stays opaque; what is around it makes it stand alone and proves it.
/// </summary>
public sealed class StreamBackup
{
    /// <summary>Of a chunk; the server has at most some megabytes of them on their way.</summary>
    private const int ChunkSizeBytes = 128 * 1024;

    private const int ChunksWaitingMax = 4096;
    private static readonly TimeSpan ChunkPatience = TimeSpan.FromMinutes(1);

    private readonly NatsLink _link;
    private readonly TimeProvider _time;
    private readonly StreamApi _api;

    /// <param name="link">Stays the caller's.</param>
    /// <param name="time">Says when a backup was made, and how long is too long.</param>
    public StreamBackup(NatsLink link, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(link);
        (_link, _time, _api) = (link, time, new StreamApi(link));
    }

    /// <param name="stream">Its name.</param>
    /// <param name="output">Is written from where it stands; a part of it when this throws.</param>
    /// <param name="progress">Told now and then; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RefusedException"><c>stream-not-found</c>, or <c>stream-refused</c> with the server's reason:
    /// one in memory has no snapshot.</exception>
    /// <exception cref="LocationException">The server does not answer, or stopped on the way.</exception>
    public async ValueTask<BackupResult> BackupAsync(
        string stream, Stream output, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(output);
        StreamApi.RequireName(stream);
        _link.RequireJetStream();
        var inbox = _link.Connection.NewInbox();
        await using var chunks = await _api.SubscribeAsync(inbox, ChunksWaitingMax, cancellationToken);
        using var answer = await _api.AskAsync("SNAPSHOT", stream, SnapshotRequest(inbox), cancellationToken);
        if (StreamApi.ErrorOf(answer) is { } error)
        {
            throw await RefusalAsync(stream, error, cancellationToken);
        }

        var header = new BackupHeader(
            stream, _link.Server.Version, _time.GetUtcNow(), BackupHeader.Raw(answer.RootElement, "config"),
            BackupHeader.Raw(answer.RootElement, "state"));
        var hasher = new Blake3Hasher();
        await WriteAsync(output, hasher, header.Write(), cancellationToken);
        var size = await CopyAsync(chunks, output, hasher, progress, cancellationToken);
        return await FinishAsync(output, hasher, header, size, cancellationToken);
    }

    /// <summary>Reads the whole file and proves it; the server is not asked anything before.</summary>
    /// <param name="input">A file of <see cref="BackupAsync"/>, from its beginning; it has to be seekable.</param>
    /// <param name="progress">Told now and then; null for nobody.</param>
    /// <param name="cancellationToken">Ends it; the server gives up what it had of the stream.</param>
    /// <exception cref="IntegrityException">The file is not what was written: nothing was restored.</exception>
    /// <exception cref="RefusedException"><c>stream-exists</c>, <c>server-older</c>, or <c>stream-refused</c> with the
    /// server's reason.</exception>
    /// <exception cref="LocationException">The server does not answer, or stopped on the way.</exception>
    public async ValueTask<BackupResult> RestoreAsync(
        Stream input, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (header, start, size, digest) = await BackupProof.ProveAsync(input, progress, cancellationToken);
        _link.RequireJetStream();
        RequireNotOlder(header);
        await RequireAbsentAsync(header.Stream, cancellationToken);
        using var begun = await _api.AskAsync("RESTORE", header.Stream, RestoreRequest(header), cancellationToken);
        if (StreamApi.ErrorOf(begun) is { } error)
        {
            throw Refused(header.Stream, error.Text);
        }

        input.Position = start;
        var target = begun.RootElement.GetProperty("deliver_subject").GetString()!;
        await SendAsync(input, size, target, header.Stream, progress, cancellationToken);
        return new BackupResult(
            header.Stream, header.Messages, header.Consumers, size, digest, header.ServerVersion, header.At);
    }

    private static byte[] SnapshotRequest(string inbox)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("deliver_subject", inbox);
            json.WriteBoolean("no_consumers", false);
            json.WriteNumber("chunk_size", ChunkSizeBytes);

            // The server proves its messages first, so that damage shows at the backup and not at the restore.
            json.WriteBoolean("jsck", true);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] RestoreRequest(BackupHeader header) =>
        [.. "{\"config\":"u8, .. header.Config.Span, .. ",\"state\":"u8, .. header.State.Span, (byte)'}'];

    private static async ValueTask WriteAsync(
        Stream output, Blake3Hasher hasher, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        hasher.Update(bytes.Span);
        await output.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Each chunk is acknowledged once it was written: a slow disk slows the server.</summary>
    private async ValueTask<long> CopyAsync(
        INatsSub<NatsMemoryOwner<byte>> chunks, Stream output, Blake3Hasher hasher,
        IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        var size = 0L;
        while (true)
        {
            var chunk = await NextAsync(chunks, cancellationToken);
            using var data = chunk.Data;
            if (data.Length == 0)
            {
                return (chunk.Headers?.Code ?? 0) is 0 or 204
                    ? size
                    : throw new LocationException(
                        LocationFault.Offline,
                        $"NATS: the server ended the snapshot: {chunk.Headers!.Code} {chunk.Headers.MessageText}");
            }

            await WriteAsync(output, hasher, data.Memory, cancellationToken);
            size += data.Length;
            progress?.Report(new BackupProgress("backup", size, null));
            if (!string.IsNullOrEmpty(chunk.ReplyTo))
            {
                await _link.Connection.PublishAsync(chunk.ReplyTo, cancellationToken: cancellationToken);
            }
        }
    }

    private async ValueTask<NatsMsg<NatsMemoryOwner<byte>>> NextAsync(
        INatsSub<NatsMemoryOwner<byte>> chunks, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(ChunkPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await chunks.Msgs.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LocationException(LocationFault.Offline, "NATS: the snapshot broke off: no chunk in time.");
        }
    }

    private static async ValueTask<BackupResult> FinishAsync(
        Stream output, Blake3Hasher hasher, BackupHeader header, long size, CancellationToken cancellationToken)
    {
        var trailer = new byte[BackupHeader.TrailerSizeBytes];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, size);
        hasher.Update(trailer.AsSpan(0, 8));
        hasher.Finish(trailer.AsSpan(8));
        await output.WriteAsync(trailer, cancellationToken);
        await output.FlushAsync(cancellationToken);
        return new BackupResult(
            header.Stream, header.Messages, header.Consumers, size, Convert.ToHexStringLower(trailer.AsSpan(8)),
            header.ServerVersion, header.At);
    }

    private async ValueTask SendAsync(
        Stream input, long size, string target, string stream, IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkSizeBytes];
        for (var sent = 0L; sent < size;)
        {
            var length = (int)Math.Min(buffer.Length, size - sent);
            await input.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken);
            var refusal = await RequestAsync(target, buffer.AsMemory(0, length), stream, cancellationToken);
            if (refusal.Length > 0)
            {
                throw Refused(stream, Encoding.UTF8.GetString(refusal));
            }

            sent += length;
            progress?.Report(new BackupProgress("restore", sent, size));
        }

        using var answer = JsonDocument.Parse(
            await RequestAsync(target, ReadOnlyMemory<byte>.Empty, stream, cancellationToken));
        if (StreamApi.ErrorOf(answer) is { } error)
        {
            throw Refused(stream, error.Text);
        }
    }

    private async ValueTask<byte[]> RequestAsync(
        string target, ReadOnlyMemory<byte> bytes, string stream, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _link.Connection.RequestAsync<ReadOnlyMemory<byte>, byte[]>(
                target, bytes, replyOpts: StreamApi.Patient, cancellationToken: cancellationToken);
            return answer.Data ?? [];
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: true, $"restoring the stream {stream}");
        }
    }

    /// <summary>A server drops in silence what it does not know of a configuration, and may not read newer files.
    /// </summary>
    private void RequireNotOlder(BackupHeader header)
    {
        if (ServerFacts.NumberOf(_link.Server.Version) < ServerFacts.NumberOf(header.ServerVersion))
        {
            throw new RefusedException(new Refusal(
                "server-older",
                $"The backup is of a server {header.ServerVersion}, and this one is {_link.Server.Version}: it may not "
                + "know all settings of the stream. Restore it on a server that is as new."));
        }
    }

    private async ValueTask RequireAbsentAsync(string stream, CancellationToken cancellationToken)
    {
        using var info = await _api.AskAsync("INFO", stream, default, cancellationToken);
        if (StreamApi.ErrorOf(info) is { } error)
        {
            _ = error.Code == NatsFaults.StreamNotFound ? true : throw Refused(stream, error.Text);
            return;
        }

        throw new RefusedException(new Refusal(
            "stream-exists",
            $"The stream {stream} is there already. A restore replaces nothing: delete or rename it first."));
    }

    private async ValueTask<Exception> RefusalAsync(
        string stream, (int Code, string Text) error, CancellationToken cancellationToken)
    {
        if (error.Code == NatsFaults.StreamNotFound)
        {
            return new RefusedException(new Refusal("stream-not-found", $"There is no stream {stream}."));
        }

        using var info = await _api.AskAsync("INFO", stream, default, cancellationToken);
        var isInMemory = info.RootElement.TryGetProperty("config", out var config)
            && config.TryGetProperty("storage", out var storage) && storage.GetString() == "memory";
        return Refused(stream, isInMemory
            ? $"{error.Text}. It is kept in memory, of which this server makes no snapshot"
            : error.Text);
    }

    private static RefusedException Refused(string stream, string reason) => new(new Refusal(
        "stream-refused", $"The server refuses for the stream {stream}: {reason}."));
}
