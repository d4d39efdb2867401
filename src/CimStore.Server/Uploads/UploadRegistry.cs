using System.Collections.Concurrent;
using CimStore.Disk.Uploads;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Uploads;

/// <summary>
/// The uploads in progress: bounded in number and in age. Those of an earlier process are taken up at the start.
/// </summary>
internal sealed class UploadRegistry(
    IStorageClient node, StagedUploads files, ServerLimits limits, TimeProvider time, IdSource ids,
    ILogger<UploadRegistry> log)
    : BackgroundService
{
    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, UnreadableUpload> _unreadable = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();

    /// <summary>What was found at the start and could not be read.</summary>
    public IReadOnlyList<UnreadableUpload> Unreadable => [.. _unreadable.Values];

    public Upload Open(StoreRequest request)
    {
        // Told before the bytes come. A client that is not the engine itself hears it when the upload is complete.
        (node as StorageNode)?.RequireIntake();
        lock (_opening)
        {
            if (_uploads.Count >= limits.UploadsMax)
            {
                throw ProblemWriter.Refuse(
                    "too-many-uploads", $"{limits.UploadsMax} uploads are open; finish or delete one.");
            }

            var terms = UploadTerms.Of(request);
            var staged = files.Create(ids.Next().Value.ToString("N"), terms.Write(), time.GetUtcNow());
            var upload = new Upload(staged, terms, node, time);
            _uploads[upload.Id] = upload;
            return upload;
        }
    }

    /// <exception cref="IntegrityException">It is there and cannot be read.</exception>
    public Upload Find(string id)
    {
        if (_unreadable.TryGetValue(id, out var unreadable))
        {
            throw new IntegrityException(unreadable.Detail);
        }

        if (!_uploads.TryGetValue(id, out var upload))
        {
            throw ProblemWriter.Refuse(
                "upload-not-found",
                "There is no such upload: it was given up, or was finished some time ago.");
        }

        upload.Touch();
        return upload;
    }

    public DateTimeOffset ExpiryOf(Upload upload) => time.GetUtcNow() + limits.UploadIdleMax - upload.Idle;

    /// <summary>Removes an upload for whoever asked for it, also one that cannot be read.</summary>
    public async ValueTask CancelAsync(string id)
    {
        const string Reason = "the client gave it up";
        if (_unreadable.TryGetValue(id, out var unreadable))
        {
            files.Remove(unreadable);
            _unreadable.TryRemove(id, out _);
            Log.UploadGivenUp(log, id, Reason);
            return;
        }

        Find(id);
        await CloseAsync(id, Reason);
    }

    public async ValueTask CloseAsync(string id, string reason)
    {
        if (_uploads.TryRemove(id, out var upload))
        {
            Log.UploadGivenUp(log, id, reason);
            await upload.RemoveAsync();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var found = files.Load();
        foreach (var staged in found.Uploads)
        {
            if (UploadTerms.Read(staged.Terms.Span) is not { } terms)
            {
                // A newer program wrote it: left alone for that one.
                staged.Dispose();
                Keep(new UnreadableUpload(staged.Id, staged.Path, "its terms are none that this program knows"));
                continue;
            }

            _uploads[staged.Id] = new Upload(staged, terms, node, time);
        }

        foreach (var unreadable in found.Unreadable)
        {
            Keep(unreadable);
        }

        await SweepAsync();
        await base.StartAsync(cancellationToken);
    }

    private void Keep(UnreadableUpload unreadable)
    {
        Log.UploadUnreadable(log, unreadable.Id, unreadable.Path, unreadable.Cause);
        _unreadable[unreadable.Id] = unreadable;
    }

    /// <summary>Gives up what nobody adds to; public to the tests, which move the clock.</summary>
    internal async ValueTask SweepAsync()
    {
        foreach (var (id, upload) in _uploads)
        {
            if (!upload.IsBusy && upload.Idle >= limits.UploadIdleMax)
            {
                await CloseAsync(id, "nothing was added to it for too long");
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(limits.UploadIdleMax / 4, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }

        foreach (var upload in _uploads.Values)
        {
            await upload.DisposeAsync();
        }
    }
}
