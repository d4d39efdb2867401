using CimStore.Engine;
using CimStore.Locations;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace CimStore.Nats.Commands;

/// <summary>
/// The bucket where clients put content that is too large for a message, by the object store's own API. A Store names
/// the object and the CID that it must have. What nobody stores goes by itself after a day.
/// </summary>
internal sealed class StagedObjects(NatsLink link)
{
    public const string Bucket = "cimstore-uploads";

    private const int NotFound = 404;
    private const int NameInUse = 10058;

    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(1);

    private readonly NatsObjContext _objects = new(link.JetStream);

    /// <summary>Makes the bucket where it is not there; one that is there stays as it was made.</summary>
    /// <exception cref="LocationException">JetStream does not answer.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _objects.CreateObjectStoreAsync(
                new NatsObjConfig(Bucket)
                {
                    Description = "Content on its way into CimStore",
                    MaxAge = AgeMax,
                },
                cancellationToken);
        }
        catch (NatsJSApiException exists) when (exists.Error.ErrCode == NameInUse)
        {
            // An operator made it with more replicas, or another age: theirs.
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: true, $"making the bucket {Bucket}");
        }
    }

    /// <returns>Null when there is no such object.</returns>
    /// <exception cref="RefusedException">The content has another CID than expected, or a rule refuses it.</exception>
    /// <exception cref="LocationException">The object cannot be read.</exception>
    public async ValueTask<StoreResult?> StoreAsync(
        string name, IStorageClient client, StoreRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindAsync(name, cancellationToken) is not { } found)
            {
                return null;
            }

            var (store, info) = found;
            return await PipedContent.StoreAsync(
                client, request with { LengthBytes = (long)info.Size },
                async (writer, token) =>
                {
                    if (info.Size > 0)
                    {
                        await store.GetAsync(name, writer.AsStream(leaveOpen: true), leaveOpen: true, token);
                    }
                },
                cancellationToken);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: false, $"reading the object {name} of {Bucket}");
        }
    }

    /// <summary>The content is stored: that its object stays a day longer is no reason to say otherwise.</summary>
    public async ValueTask RemoveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var store = await _objects.GetObjectStoreAsync(Bucket, cancellationToken);
            await store.DeleteAsync(name, cancellationToken);
        }
        catch (Exception failure) when (
            NatsFaults.IsFault(failure) || failure is OperationCanceledException)
        {
            // The bucket's age takes it.
        }
    }

    private async ValueTask<(INatsObjStore Store, ObjectMetadata Info)?> FindAsync(
        string name, CancellationToken cancellationToken)
    {
        try
        {
            var store = await _objects.GetObjectStoreAsync(Bucket, cancellationToken);
            var info = await store.GetInfoAsync(name, cancellationToken: cancellationToken);

            // A link would let a client read by this node what it may not read itself.
            return info.Options?.Link is null ? (store, info) : throw new RefusedException(new Refusal(
                "malformed-parameter", $"The object {name} of {Bucket} is a link: put the content itself."));
        }
        catch (NatsObjNotFoundException)
        {
            return null;
        }
        catch (NatsJSApiException absent) when (absent.Error.Code == NotFound)
        {
            return null;
        }
        catch (NatsObjException invalid) when (invalid.InnerException is null)
        {
            throw new RefusedException(new Refusal("malformed-parameter", $"object: {invalid.Message}"));
        }
    }
}
