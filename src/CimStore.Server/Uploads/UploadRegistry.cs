using System.Collections.Concurrent;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Uploads;

/// <summary>
/// The uploads in progress: bounded in number and in age. They live in this process; a restart gives them up.
/// </summary>
internal sealed class UploadRegistry(
    IStorageClient node, ServerLimits limits, TimeProvider time, IdSource ids, ILogger<UploadRegistry> log)
    : BackgroundService
{
    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();

    public Upload Open(StoreRequest request)
    {
        lock (_opening)
        {
            if (_uploads.Count >= limits.UploadsMax)
            {
                throw ProblemWriter.Refuse(
                    "too-many-uploads", $"{limits.UploadsMax} uploads are open; finish or delete one.");
            }

            var upload = new Upload(ids.Next().Value.ToString("N"), node, request, time.GetUtcNow());
            _uploads[upload.Id] = upload;
            return upload;
        }
    }

    public Upload Find(string id)
    {
        if (!_uploads.TryGetValue(id, out var upload))
        {
            throw ProblemWriter.Refuse(
                "upload-not-found",
                "There is no such upload: it was finished, given up, or the node was started again.");
        }

        upload.TouchedAt = time.GetUtcNow();
        return upload;
    }

    public DateTimeOffset ExpiryOf(Upload upload) => upload.TouchedAt + limits.UploadIdleMax;

    public async ValueTask CloseAsync(string id, string reason)
    {
        if (_uploads.TryRemove(id, out var upload))
        {
            Log.UploadGivenUp(log, id, reason);
            await upload.DisposeAsync();
        }
    }

    /// <summary>Gives up what nobody adds to; public to the tests, which move the clock.</summary>
    internal async ValueTask SweepAsync()
    {
        var now = time.GetUtcNow();
        foreach (var (id, upload) in _uploads)
        {
            if (!upload.IsBusy && ExpiryOf(upload) <= now)
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

        foreach (var id in _uploads.Keys)
        {
            await CloseAsync(id, "the node stops");
        }
    }
}
