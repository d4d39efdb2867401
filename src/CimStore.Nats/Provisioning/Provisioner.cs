using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CimStore.Locations;
using CimStore.Nats.Locations;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Provisioning;

/// <summary>
/// Makes streams and buckets as they are described, and looks that they are. What was made once and is gone is never
/// made again: an empty bucket in its place would hide a loss.
/// </summary>
public sealed class Provisioner(NatsLink link, TimeProvider time, ILogger logger)
{
    /// <summary>Remembers which streams were made here.</summary>
    public const string MarkerBucket = "cimstore-provisioned";

    private const int TemporarilyUnavailable = 10008;

    // A leader's successor is elected in four to seven seconds.
    private const int AttemptsMax = 8;

    private static readonly TimeSpan AttemptDelay = TimeSpan.FromSeconds(1);

    private readonly NatsJSContext _context = link.JetStream;
    private readonly BucketStream _marker = new(link, $"KV_{MarkerBucket}", $"the KV bucket '{MarkerBucket}'");

    /// <summary>How many copies the marker itself has.</summary>
    public int MarkerReplicas { get; init; } = 1;

    public ValueTask<Provisioned> EnsureAsync(
        KeyValueDescription wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return EnsureAsync(wanted.ToStream(), cancellationToken);
    }

    public ValueTask<Provisioned> EnsureAsync(
        ObjectBucketDescription wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return EnsureAsync(wanted.ToStream(), cancellationToken);
    }

    /// <summary>May be repeated.</summary>
    /// <exception cref="LocationException">
    /// It is not as described, and the message names what differs; or it was made before and is gone. Nothing was
    /// removed, and what was updated before the answer was found wrong stays updated.
    /// </exception>
    public async ValueTask<Provisioned> EnsureAsync(
        StreamDescription wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        link.RequireJetStream();
        var (possible, degradations) = OnThisServer(wanted);
        var marker = new KeyValueDescription
        {
            Bucket = MarkerBucket, HoldsMetadata = true, Replicas = MarkerReplicas,
        };
        await RetryAsync(
            async () => await EnsureOnceAsync(marker.ToStream(), isKnown: null, cancellationToken), cancellationToken);
        var verdict = await RetryAsync(
            async () => await EnsureOnceAsync(
                possible, await MadeBeforeAsync(wanted.Name, cancellationToken), cancellationToken),
            cancellationToken);
        await RetryAsync(
            async () =>
            {
                await RememberAsync(wanted.Name, cancellationToken);
                return true;
            },
            cancellationToken);
        foreach (var degradation in degradations)
        {
            Log.LeftOut(logger, wanted.Name, degradation);
        }

        return new Provisioned(wanted.Name, verdict, degradations);
    }

    /// <summary>An operator accepts that a stream is gone: the next one makes it anew.</summary>
    public async ValueTask ForgetAsync(string stream, CancellationToken cancellationToken) =>
        await _marker.PurgeAsync(MarkerSubject(stream), 0, cancellationToken);

    /// <summary>Of every stream that is there, whoever made it: what should not be so.</summary>
    public async IAsyncEnumerable<string> LintAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var stream in _context.ListStreamsAsync(cancellationToken: cancellationToken))
        {
            foreach (var finding in StreamLint.FindingsOf(stream.Info.Config))
            {
                yield return finding;
            }
        }
    }

    /// <summary>A version that drops a setting says nothing: it is refused here, or left out and said.</summary>
    private (StreamDescription Possible, ImmutableArray<string> Degradations) OnThisServer(StreamDescription wanted)
    {
        var degradations = ImmutableArray.CreateBuilder<string>();
        var possible = wanted;
        if (wanted.IsCompressed && IsLacking(ServerFeature.StreamCompression, "compression"))
        {
            possible = possible with { IsCompressed = false };
        }

        if (!wanted.Metadata.IsEmpty && IsLacking(ServerFeature.StreamMetadata, "metadata"))
        {
            possible = possible with { Metadata = wanted.Metadata.Clear() };
        }

        return (possible, degradations.ToImmutable());

        bool IsLacking(ServerFeature feature, string setting)
        {
            if (link.Server.Has(feature))
            {
                return false;
            }

            if (!wanted.LeavesOutWhatTheServerLacks)
            {
                link.Server.Require(feature, $"Stream {wanted.Name}: the setting '{setting}'");
            }

            degradations.Add(
                $"Stream {wanted.Name}: '{setting}' is left out, nats-server {link.Server.Version} would drop it.");
            return true;
        }
    }

    /// <param name="wanted">What there is to be.</param>
    /// <param name="isKnown">When it was made before; null when it was not.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async ValueTask<ProvisionVerdict> EnsureOnceAsync(
        StreamDescription wanted, string? isKnown, CancellationToken cancellationToken)
    {
        var config = StreamSettings.ConfigOf(wanted);
        if (await FindAsync(wanted.Name, cancellationToken) is not { } existing)
        {
            if (isKnown is not null)
            {
                throw new LocationException(
                    LocationFault.Offline,
                    $"Stream {wanted.Name} was made here at {isKnown} and is gone. It is not made again, which would "
                    + "hide the loss: restore it from a backup ('nats stream restore'), or, where what it held is "
                    + $"given up, remove its mark ('nats kv purge {MarkerBucket} {wanted.Name}') and provision again.");
            }

            var made = await _context.CreateStreamAsync(config, cancellationToken);
            RequireSame(config, made.Info.Config, "made");
            Log.StreamMade(logger, wanted.Name, wanted.Replicas);
            return ProvisionVerdict.Made;
        }

        var differences = StreamSettings.Compare(config, existing);
        if (differences.Count == 0)
        {
            return ProvisionVerdict.Unchanged;
        }

        if (differences.Exists(static one => !one.IsSafe))
        {
            throw new LocationException(
                LocationFault.Offline,
                $"Stream {wanted.Name} is there with another configuration, and changing it may lose messages: "
                + $"{string.Join("; ", differences)}. Change the description, or the stream by hand.");
        }

        var updated = await _context.UpdateStreamAsync(config, cancellationToken);
        RequireSame(config, updated.Info.Config, "updated");
        Log.StreamUpdated(logger, wanted.Name, string.Join("; ", differences));
        return ProvisionVerdict.Updated;
    }

    private static void RequireSame(StreamConfig wanted, StreamConfig echoed, string done)
    {
        var differences = StreamSettings.Compare(wanted, echoed);
        if (differences.Count > 0)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"Stream {wanted.Name} was {done}, and the server made something else of it: "
                + $"{string.Join("; ", differences)}.");
        }
    }

    private async ValueTask<StreamConfig?> FindAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            return (await _context.GetStreamAsync(stream, cancellationToken: cancellationToken)).Info.Config;
        }
        catch (NatsJSApiException none) when (none.Error.ErrCode == NatsFaults.StreamNotFound)
        {
            return null;
        }
    }

    private async ValueTask<string?> MadeBeforeAsync(string stream, CancellationToken cancellationToken) =>
        await _marker.GetLastAsync(MarkerSubject(stream), cancellationToken) is { } mark
        && KeyValueLocation.IsLive(mark)
            ? Encoding.UTF8.GetString(mark.Body.Span) : null;

    /// <summary>After it was made: a crash between leaves a stream without a mark, which the next run adds.</summary>
    private async ValueTask RememberAsync(string stream, CancellationToken cancellationToken)
    {
        var subject = MarkerSubject(stream);
        var last = await _marker.GetLastAsync(subject, cancellationToken);
        if (last is null || !KeyValueLocation.IsLive(last))
        {
            var made = time.GetUtcNow().UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
            await _marker.PublishAsync(
                subject, Encoding.UTF8.GetBytes(made), new NatsHeaders(), last?.Sequence ?? 0, cancellationToken);
        }
    }

    private static string MarkerSubject(string stream) => KeyValueLocation.Subject(MarkerBucket, stream);

    /// <summary>Nobody answers while a leader is elected, and an answer may be lost: each step looks first what is
    /// there.</summary>
    private async ValueTask<T> RetryAsync<T>(Func<ValueTask<T>> step, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await step();
            }
            catch (Exception failure) when (IsPassing(failure) && attempt < AttemptsMax)
            {
                await Task.Delay(AttemptDelay, time, cancellationToken);
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure))
            {
                throw NatsFaults.Of(failure, mayHaveHappened: true, "provisioning");
            }
        }
    }

    private static bool IsPassing(Exception failure) => failure switch
    {
        NatsJSApiException api => api.Error.ErrCode == TemporarilyUnavailable,
        LocationException { InnerException: { } inner } => IsPassing(inner),
        NatsJSApiNoResponseException or NatsNoRespondersException or NatsNoReplyException
            or NatsJSPublishNoResponseException or NatsJSTimeoutException or NatsTimeoutException
            or TimeoutException => true,
        _ => false,
    };
}
