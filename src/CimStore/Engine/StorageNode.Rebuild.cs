using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// The catalog made again from the copies that a location still holds, when the data directory that knew them is lost.
public sealed partial class StorageNode
{
    // One sync admits so many; what an interruption loses of proving is at most that.
    private const int AdmittedAtOnceMax = 256;
    private const long ProvedAtOnceMaxBytes = 256L << 20;

    /// <summary>Whoever admits a copy unproved says so with this: the scrub takes the oldest first.</summary>
    private static readonly DateTimeOffset Never = DateTimeOffset.UnixEpoch;

    /// <summary>
    /// Admits every copy of a location that the catalog does not know, and tells of each copy that is there. May be
    /// stopped and repeated at any point; what was admitted stays, and what is known costs one look at the catalog.
    /// </summary>
    /// <exception cref="RefusedException">There is no such location to rebuild from.</exception>
    /// <exception cref="LocationException">The location cannot be listed any further.</exception>
    public async IAsyncEnumerable<RebuildFinding> RebuildAsync(
        RebuildRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var location = RebuiltFrom(request.From);
        var found = new List<FoundCopy>();
        long provedBytes = 0;
        await foreach (var held in location.ListCopiesAsync(null, cancellationToken))
        {
            var (finding, copy) = await LookAsync(location, held, request.Proves, cancellationToken);
            if (copy is null)
            {
                yield return finding;
                continue;
            }

            // Two copies of one content must see each other: they never share an append.
            var isSame = found.Exists(other => other.Finding.Key == finding.Key);
            if (isSame || found.Count == AdmittedAtOnceMax || provedBytes > ProvedAtOnceMaxBytes)
            {
                foreach (var admitted in await AdmitAsync(location, found, request.IsRehearsal, cancellationToken))
                {
                    yield return admitted;
                }

                found.Clear();
                provedBytes = 0;
            }

            found.Add(new FoundCopy(held, copy, finding));
            provedBytes += request.Proves ? finding.SizeBytes : 0;
        }

        foreach (var admitted in await AdmitAsync(location, found, request.IsRehearsal, cancellationToken))
        {
            yield return admitted;
        }
    }

    private ILocation RebuiltFrom(LocationId from) => LocationOf(from) switch
    {
        null => throw Refuse(
            "no-location",
            $"There is no location {from}; this node has {string.Join(", ", _ports.Locations.Select(one => one.Id))}."),
        { } home when IsJournals(home) => throw Refuse(
            "location-home",
            $"{from} is the journal's own log: the catalog is made from it by itself, and what it held is told there."),
        _ when StateOf(from) == LocationState.Retired => throw Refuse(
            "location-retired", $"{from} is retired: its copies do not count. Bind the place anew to rebuild from it."),
        { } location => location,
    };

    /// <returns>The copy when it is to be admitted, with what it will be told as then.</returns>
    private async ValueTask<(RebuildFinding Finding, Copy? Copy)> LookAsync(
        ILocation location, HeldCopy held, bool proves, CancellationToken cancellationToken)
    {
        var manifest = held.Manifest;
        var verifiedAt = proves ? _time.GetUtcNow() : Never;
        var copy = new Copy(location.Id, manifest.Incarnation, CopyState.Verified, manifest.Header, verifiedAt);
        var finding = new RebuildFinding(
            manifest.Key, location.Id, RebuildVerdict.Admitted, manifest.SizeBytes, held.Created, null)
        {
            LacksParts = held.Parts < location.Traits.Parts.Length,
        };
        var known = await _catalog.FindAsync(manifest.Key, cancellationToken);
        if (known is not null && KnownVerdict(known, copy) is { } verdict)
        {
            return (finding with { Verdict = verdict }, null);
        }

        finding = finding with { Verdict = known is null ? RebuildVerdict.Admitted : RebuildVerdict.Added };
        try
        {
            var fault = held.Fault ?? HeaderFaultOf(manifest) ?? (proves
                ? await FaultOfAsync(Described(held, copy), copy, cancellationToken)
                : await FindPartsFaultAsync(held, copy, location, cancellationToken));
            if (fault is null)
            {
                return (finding, copy);
            }

            // Somebody may have given it up meanwhile: then there was nothing to find wrong.
            return await location.DescribeAsync(manifest.Key, copy, cancellationToken) is null
                ? (finding with { Verdict = RebuildVerdict.Gone }, null)
                : (Bad(finding, fault), null);
        }
        catch (IntegrityException damage)
        {
            return (Bad(finding, damage.Message), null);
        }
        catch (LocationException failure)
        {
            return (finding with { Verdict = RebuildVerdict.Unread, Detail = failure.Message }, null);
        }
    }

    private RebuildFinding Bad(RebuildFinding finding, string fault)
    {
        _metrics.Corrupt();
        Log.CopyNotAdmitted(_ports.Logger, finding.Key.Cid.ToString(), finding.Location.Name, fault);
        return finding with { Verdict = RebuildVerdict.Bad, Detail = fault };
    }

    /// <returns>Null when the catalog has a use for the copy.</returns>
    private static RebuildVerdict? KnownVerdict(ObjectRecord record, Copy copy)
    {
        foreach (var other in record.Copies)
        {
            if (other.Location == copy.Location && other.Incarnation == copy.Incarnation)
            {
                return RebuildVerdict.Known;
            }
        }

        if (!record.IsPresent)
        {
            return RebuildVerdict.Deleted;
        }

        // Only what is proved takes the place of a copy that was found wrong.
        return record.Copies.Any(other => other.Location == copy.Location
            && (other.State == CopyState.Verified || copy.VerifiedAt == Never))
            ? RebuildVerdict.Surplus
            : null;
    }

    /// <summary>What a header may say and no bytes can make true.</summary>
    private static string? HeaderFaultOf(CopyManifest manifest)
    {
        var cid = manifest.Key.Cid;
        if (cid.HashFunction == HashFunctions.Blake3 && cid.Digest.Length == Blake3.HashSizeBytes)
        {
            return manifest.Root == Cid.ForRaw(cid.Digest) ? null : "its header names the root of another content";
        }

        return cid.HashFunction == HashFunctions.Sha256
            ? null
            : $"its CID is made with the hash function {cid.HashFunction}, which cannot be proved here";
    }

    /// <summary>What shows without reading a byte.</summary>
    /// <exception cref="LocationException">What is missing may be where nothing can be read now.</exception>
    private static async ValueTask<string?> FindPartsFaultAsync(
        HeldCopy held, Copy copy, ILocation location, CancellationToken cancellationToken)
    {
        var needed = Math.Min(location.Traits.PartsNeeded, location.Traits.Parts.Length);
        if (held.Parts >= needed)
        {
            return null;
        }

        var text = $"{held.Parts} of its parts are there, and {needed} are needed";
        var described = await location.DescribeAsync(held.Manifest.Key, copy, cancellationToken);
        return described is { Fault: null } && described.Parts < needed
            ? throw new LocationException(
                LocationFault.Offline, $"{text}; others may be in directories that are not in use.")
            : text;
    }

    /// <summary>The object as the copy alone tells of it.</summary>
    private static ObjectRecord Described(HeldCopy held, Copy copy) => new()
    {
        Key = held.Manifest.Key,
        SizeBytes = held.Manifest.SizeBytes,
        Root = held.Manifest.Root,
        Copies = [copy],
        Created = Lsn.None,
        CreatedAt = held.Created,
        Revision = Lsn.None,
    };

    /// <summary>One append for all, under the locks of all their contents.</summary>
    private async ValueTask<List<RebuildFinding>> AdmitAsync(
        ILocation location, List<FoundCopy> found, bool isRehearsal, CancellationToken cancellationToken)
    {
        if (isRehearsal)
        {
            return [.. found.Select(static one => one.Finding)];
        }

        // In one order, so that nobody who takes several waits for one that waits for him.
        found.Sort(static (left, right) => left.Finding.Key.Cid.CompareTo(right.Finding.Key.Cid));
        var locked = 0;
        try
        {
            for (; locked < found.Count; locked++)
            {
                await _contentLocks.AcquireAsync(found[locked].Finding.Key, cancellationToken);
            }

            var changes = new List<JournalChange>(found.Count);
            var findings = new List<RebuildFinding>(found.Count);
            foreach (var one in found)
            {
                findings.Add(await PlanAdmissionAsync(location, one, changes, cancellationToken));
            }

            if (changes.Count > 0)
            {
                await AppendAsync(changes);
            }

            return findings;
        }
        finally
        {
            while (locked-- > 0)
            {
                _contentLocks.Release(found[locked].Finding.Key);
            }
        }
    }

    private async ValueTask<RebuildFinding> PlanAdmissionAsync(
        ILocation location, FoundCopy found, List<JournalChange> changes, CancellationToken cancellationToken)
    {
        var (held, copy, finding) = found;
        var record = await _catalog.FindAsync(finding.Key, cancellationToken);
        if (record is not null && KnownVerdict(record, copy) is { } verdict)
        {
            return finding with { Verdict = verdict };
        }

        // Whoever makes or gives up a copy holds the content from before its bytes are there until after they are gone,
        // and only then is what lies there and is not journaled nobody's.
        if (_holds.Count(finding.Key) > 0)
        {
            return finding with
            {
                Verdict = RebuildVerdict.Unread,
                Detail = "The content is being read, copied or moved now: try again.",
            };
        }

        try
        {
            if (await location.DescribeAsync(finding.Key, copy, cancellationToken) is null)
            {
                return finding with { Verdict = RebuildVerdict.Gone };
            }
        }
        catch (Exception failure) when (failure is LocationException or IntegrityException)
        {
            return finding with { Verdict = RebuildVerdict.Unread, Detail = failure.Message };
        }

        var decision = ObjectDecisions.Decide(
            record,
            new StorageCommand.Recover(
                finding.Key, held.Manifest.Root, held.Manifest.SizeBytes, location.Traits.Tier, DefaultClass, copy,
                CreatedBefore(location.Traits.Tier, held)),
            TierFacts());
        if (decision.Rejection is { } rejection)
        {
            return Bad(finding, rejection.Message);
        }

        foreach (var happened in decision.Events)
        {
            changes.Add(new JournalChange(ContextOf(CommandIdentity.None, default), happened, record, null));
        }

        return finding with { Verdict = record is null ? RebuildVerdict.Admitted : RebuildVerdict.Added };
    }

    /// <summary>
    /// When the copy was made the content was old enough for the policy to want it there. Dated by the copy alone a
    /// whole archive could count as new, and the next cycle would bring it into the log.
    /// </summary>
    private DateTimeOffset CreatedBefore(StorageTier tier, HeldCopy held)
    {
        var facts = new MigrationFacts
        {
            SizeBytes = held.Manifest.SizeBytes,
            CreatedAt = held.Created,
            Tier = tier,
            TierSince = held.Created,
            Class = DefaultClass,
        };
        var environment = new MigrationEnvironment(_ports.Locations
            .Where(location => StateOf(location.Id) == LocationState.Active)
            .GroupBy(static location => location.Traits.Tier)
            .Select(static location => new TierState(location.Key, location.First().Traits.Cost)));
        var age = MigrationDecision.LeastAge(Settings.Policy, facts, environment, held.Created);
        return held.Created - Never > age ? held.Created - age : Never;
    }

    /// <summary>A copy that is right, on its way into the journal.</summary>
    private sealed record FoundCopy(HeldCopy Held, Copy Copy, RebuildFinding Finding);
}
