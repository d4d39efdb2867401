using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Copies: made and proved first, then journaled; given up only through the gate, journaled first.
public sealed partial class StorageNode
{
    /// <summary>How far reading may run ahead of writing.</summary>
    private const int PumpBytesMax = 4 << 20;

    /// <summary>Makes a copy at a location from what can be read elsewhere, proves it there, and journals it.</summary>
    /// <returns>Null when the object was deleted, or got such a copy, meanwhile.</returns>
    /// <exception cref="LocationException">The location failed: the copy is not there, or is garbage that nobody was
    /// told of.</exception>
    /// <exception cref="IntegrityException">The new copy does not prove.</exception>
    /// <exception cref="ElsewhereException">The other copies could not be read, or the journal failed.</exception>
    internal async ValueTask<Copy?> MakeCopyAsync(
        ContentKey key, ILocation target, CancellationToken cancellationToken)
    {
        if (!_holds.TryHold(key))
        {
            return null;
        }

        try
        {
            return await _catalog.FindAsync(key, cancellationToken) is { IsPresent: true } record
                ? IsJournals(target)
                    ? await MakeHomeCopyAsync(record, cancellationToken)
                    : await MakeCopyAsync(record, target, cancellationToken)
                : null;
        }
        finally
        {
            _holds.LetGo(key);
        }
    }

    /// <summary>Gives up one copy while the object stays, if the gate allows it.</summary>
    internal ValueTask<ReleaseVerdict> GiveUpCopyAsync(
        ContentKey key, Copy copy, StorageCommand? first, CancellationToken cancellationToken) =>
        GiveUpCopiesAsync(key, [copy], first, cancellationToken);

    /// <summary>Gives up those of an object's copies that the gate allows, while the object stays.</summary>
    /// <param name="key">The object.</param>
    /// <param name="copies">The copies, in the order in which they are to go.</param>
    /// <param name="first">What is true of the object with it, in the same append; null for nothing. Where the gate
    /// refuses for good it is appended without them, where it refuses for now nothing is.</param>
    /// <param name="cancellationToken">Stops it before anything was journaled.</param>
    /// <returns>What the gate said of the last one that it was asked about.</returns>
    private ValueTask<ReleaseVerdict> GiveUpCopiesAsync(
        ContentKey key, ImmutableArray<Copy> copies, StorageCommand? first, CancellationToken cancellationToken) =>
        GiveUpCopiesAsync(key, copies, first, null, cancellationToken);

    private ValueTask<ReleaseVerdict> GiveUpCopiesAsync(
        ContentKey key, ImmutableArray<Copy> copies, StorageCommand? first,
        ImmutableDictionary<LocationId, LocationTraits>? seen, CancellationToken cancellationToken) =>
        AgreedAsync(() => GiveUpCopiesOnceAsync(key, copies, first, seen, cancellationToken));

    /// <param name="key">The object.</param>
    /// <param name="copies">The copies, in the order in which they are to go.</param>
    /// <param name="first">See the other; for want of space it is never appended alone.</param>
    /// <param name="seen">Given when they go for want of space: where copies were seen just now.</param>
    /// <param name="cancellationToken">Stops it before anything was journaled.</param>
    private async ValueTask<ReleaseVerdict> GiveUpCopiesOnceAsync(
        ContentKey key, ImmutableArray<Copy> copies, StorageCommand? first,
        ImmutableDictionary<LocationId, LocationTraits>? seen, CancellationToken cancellationToken)
    {
        var verdict = new ReleaseVerdict(true, "given up");
        var givenUp = new List<Copy>(copies.Length);
        var isHeld = false;
        var unseen = seen is null
            ? await FindUnseenAsync(key, cancellationToken) : ImmutableHashSet<LocationId>.Empty;
        await _contentLocks.AcquireAsync(key, cancellationToken);
        try
        {
            if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
            {
                return new ReleaseVerdict(false, "The object is not here any more.");
            }

            // One append for all: what a crash left behind of several, nobody would come back for.
            var changes = new List<JournalChange>(copies.Length + 1);
            if (first is not null)
            {
                record = Plan(record, first, changes);
            }

            if (first is StorageCommand.Migrate { Tier: var tier } && record.Tier != tier)
            {
                return new ReleaseVerdict(false, $"No verified copy is at {tier}.");
            }

            foreach (var copy in copies)
            {
                verdict = AskGate(record, copy, seen, unseen);
                if (verdict.IsForNow || (seen is not null && !verdict.IsAllowed))
                {
                    // What is true with it is not true yet: both come later.
                    return verdict;
                }

                if (verdict.IsAllowed)
                {
                    record = Plan(record, new StorageCommand.GiveUpCopy(key, copy.Location, copy.Incarnation), changes);
                    givenUp.Add(copy);
                }
            }

            if (changes.Count > 0)
            {
                await AppendAsync(changes);
            }

            // Until the bytes are gone they look like a copy that nobody was told of: nobody may admit them.
            isHeld = givenUp.Count > 0 && _holds.TryHold(key);
        }
        finally
        {
            _contentLocks.Release(key);
        }

        await DropBytesAsync(key, givenUp, isHeld);
        return verdict;
    }

    private async ValueTask DropBytesAsync(ContentKey key, List<Copy> givenUp, bool isHeld)
    {
        try
        {
            foreach (var copy in givenUp)
            {
                await DropBytesAsync(key, copy.Location, copy.Incarnation);
            }
        }
        finally
        {
            if (isHeld)
            {
                _holds.LetGo(key);
            }
        }
    }

    /// <summary>
    /// Asks the locations of all copies whether they are there, and how many parts of them: one that is to go as well
    /// is relied on while an earlier one goes, and stays when the gate refuses it.
    /// </summary>
    /// <returns>Where one is not, or cannot be seen or remembered: it must not be relied on now.</returns>
    private async ValueTask<ImmutableHashSet<LocationId>> FindUnseenAsync(
        ContentKey key, CancellationToken cancellationToken)
    {
        var unseen = ImmutableHashSet<LocationId>.Empty;
        if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
        {
            return unseen;
        }

        foreach (var copy in record.Copies.Where(static copy => copy.State == CopyState.Verified))
        {
            if (LocationOf(copy) is { } location && !IsJournals(location)
                && !await IsCountedAsync(key, copy, location, cancellationToken))
            {
                unseen = unseen.Add(copy.Location);
            }
        }

        return unseen;
    }

    /// <summary>Whether the location has the copy, and how thin it is could be noted.</summary>
    private async ValueTask<bool> IsCountedAsync(
        ContentKey key, Copy copy, ILocation location, CancellationToken cancellationToken)
    {
        try
        {
            var held = await location.DescribeAsync(key, copy, cancellationToken);
            return held is { Fault: null } && _thin.TryNote(
                key, copy.Location, copy.Incarnation, location.Traits.PartCount - held.Parts);
        }
        catch (LocationException failure)
        {
            _absences.Note(copy.Location, failure);
            return false;
        }
        catch (IntegrityException)
        {
            // The scrub finds it, and says so.
            return false;
        }
    }

    /// <summary>
    /// A copy goes when enough are left, and enough of them at locations that are not away. What those at the others
    /// stand in the way of is possible soon: a move that gave up less than it is to would never come back for the rest.
    /// </summary>
    private ReleaseVerdict AskGate(
        ObjectRecord record, Copy copy, ImmutableDictionary<LocationId, LocationTraits>? seen,
        ImmutableHashSet<LocationId> unseen)
    {
        var release = new CopyRelease(copy.Location, copy.Incarnation, record.Revision)
        {
            IsForSpace = seen is not null,
        };
        var facts = ReleaseFacts.Nobody with { ReadersInFlight = _holds.Count(record.Key) };
        if (seen is not null)
        {
            return ReleaseGate.AskCopy(record, release, facts, seen, FailureDomain);
        }

        var verdict = ReleaseGate.AskCopy(record, release, facts, _thin.SeenBy(record, _bound), FailureDomain);
        if (!verdict.IsAllowed)
        {
            return verdict;
        }

        var reliedOn = _thin.SeenBy(record, ReliedOn().RemoveRange(unseen));
        var now = ReleaseGate.AskCopy(record, release, facts, reliedOn, FailureDomain);
        return now.IsAllowed ? now : now with { IsForNow = true };
    }

    /// <summary>The bytes of a copy that is journaled as gone. What stays behind is garbage that fsck finds.</summary>
    private async ValueTask DropBytesAsync(ContentKey key, LocationId from, ulong incarnation)
    {
        _thin.Forget(key, from, incarnation);
        try
        {
            if (LocationOf(from) is { } location)
            {
                await location.ReleaseAsync(key, incarnation, CancellationToken.None);
            }
        }
        catch (LocationException failure)
        {
            Log.BytesLeft(_ports.Logger, key.Cid.ToString(), from.Name, failure.Message);
        }
    }

    /// <summary>Adds the decision's events to an append and shows the record as it will be.</summary>
    private ObjectRecord Plan(
        ObjectRecord record, StorageCommand command, List<JournalChange> changes, AdmittedContent? content = null)
    {
        foreach (var happened in ObjectDecisions.Decide(record, command, TierFacts()).Events)
        {
            changes.Add(new JournalChange(ContextOf(CommandIdentity.None, default), happened, record, content));
            record = ObjectHistory.Apply(record, happened, record.Revision, _time.GetUtcNow())!;
        }

        return record;
    }

    private DecisionFacts TierFacts() => Facts() with { TierOf = _tierOf };

    private async ValueTask<Copy?> MakeCopyAsync(
        ObjectRecord record, ILocation target, CancellationToken cancellationToken)
    {
        await using var staged = await target.StageAsync(record.SizeBytes, cancellationToken);
        await FillAsync(record, staged, cancellationToken);
        var sealedCopy = await staged.SealAsync(
            new CopyManifest(record.Key, record.SizeBytes, record.Root), cancellationToken);
        var copy = new Copy(
            target.Id, sealedCopy.Incarnation, CopyState.Verified, sealedCopy.Header, _time.GetUtcNow());
        var isProved = false;
        try
        {
            if (!_thin.TryNote(
                record.Key, target.Id, copy.Incarnation, target.Traits.PartCount - sealedCopy.Parts))
            {
                throw new LocationException(
                    LocationFault.Throttled,
                    $"Too many copies at {target.Id} lack parts already: bring its missing parts back first.");
            }

            // Read back from where it lies now: only what proves there is a copy.
            isProved = await FaultOfAsync(record, copy, cancellationToken) is not { } fault
                ? true
                : throw new IntegrityException($"The new copy of {record.Key.Cid} at {target.Id} is wrong: {fault}.");
        }
        finally
        {
            if (!isProved)
            {
                await DropBytesAsync(record.Key, copy.Location, copy.Incarnation);
            }
        }

        return await TellOfCopyAsync(record.Key, copy, null) ? copy : null;
    }

    /// <summary>Journals the copy, or gives its bytes up when nobody can have been told of it.</summary>
    /// <exception cref="ElsewhereException">The journal failed; the bytes stay where the entry may come true.
    /// </exception>
    private async ValueTask<bool> TellOfCopyAsync(ContentKey key, Copy copy, AdmittedContent? content)
    {
        var isTold = true;
        try
        {
            isTold = await AddCopyAsync(key, copy, content);
            return isTold;
        }
        catch (LocationException failure)
        {
            isTold = failure.Fault == LocationFault.Unknown;
            throw new ElsewhereException(failure);
        }
        finally
        {
            if (!isTold && !(_journal.HoldsContent && copy.Location == _home.Id))
            {
                await DropBytesAsync(key, copy.Location, copy.Incarnation);
            }
        }
    }

    /// <summary>The journal's own log takes a copy with the entry that tells of it.</summary>
    private async ValueTask<Copy?> MakeHomeCopyAsync(ObjectRecord record, CancellationToken cancellationToken)
    {
        var copy = new Copy(_home.Id, 0, CopyState.Verified, CopyHeader.Plain, _time.GetUtcNow());
        if (record.SizeBytes > _home.InlineSizeMaxBytes)
        {
            await using var staged = await _home.StageAsync(record.SizeBytes, cancellationToken);
            await FillAsync(record, staged, cancellationToken);
            await staged.SealAsync(new CopyManifest(record.Key, record.SizeBytes, record.Root), cancellationToken);
            return await TellOfCopyAsync(record.Key, copy, new AdmittedContent.Staged(staged)) ? copy : null;
        }

        var size = (int)record.SizeBytes;
        var whole = ArrayPool<byte>.Shared.Rent(Math.Max(1, size));
        try
        {
            await ReadWholeAsync(record, whole.AsMemory(0, size), cancellationToken);
            var content = new AdmittedContent.Inline(new ReadOnlySequence<byte>(whole, 0, size));
            return await TellOfCopyAsync(record.Key, copy, content) ? copy : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private ValueTask<bool> AddCopyAsync(ContentKey key, Copy copy, AdmittedContent? content) =>
        AgreedAsync(() => AddCopyOnceAsync(key, copy, content));

    private async ValueTask<bool> AddCopyOnceAsync(ContentKey key, Copy copy, AdmittedContent? content)
    {
        Copy? replaced;
        await _contentLocks.AcquireAsync(key, CancellationToken.None);
        try
        {
            if (await _catalog.FindAsync(key, CancellationToken.None) is not { IsPresent: true } record)
            {
                return false;
            }

            var changes = new List<JournalChange>(1);
            Plan(record, new StorageCommand.AddCopy(key, copy), changes, content);
            if (changes.Count == 0)
            {
                return false;
            }

            replaced = record.Copies.FirstOrDefault(old => old.Location == copy.Location);
            await AppendAsync(changes);
        }
        finally
        {
            _contentLocks.Release(key);
        }

        if (replaced is not null && replaced.Incarnation != copy.Incarnation)
        {
            await DropBytesAsync(key, replaced.Location, replaced.Incarnation);
        }

        return true;
    }

    /// <summary>Writes the object's content and tree, read from its best copy and hashed on the way.</summary>
    private async ValueTask FillAsync(ObjectRecord record, IStagedContent staged, CancellationToken cancellationToken)
    {
        using var intake = new Intake(staged, withSha256: record.Key.Cid.HashFunction == HashFunctions.Sha256);
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: PumpBytesMax, resumeWriterThreshold: PumpBytesMax / 2,
            useSynchronizationContext: false));
        var reading = PumpAsync(record, pipe.Writer, cancellationToken);
        try
        {
            ReadResult read;
            do
            {
                read = await pipe.Reader.ReadAsync(cancellationToken);
                await intake.WriteAsync(read.Buffer, cancellationToken);
                pipe.Reader.AdvanceTo(read.Buffer.End);
                await _pace.TakeAsync(read.Buffer.Length, cancellationToken);
            }
            while (!read.IsCompleted);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await reading;
        var digests = await intake.FinishAsync(cancellationToken);
        if (Cid.ForRaw(digests.Blake3) != record.Root
            || (digests.Sha256.Length > 0 && !digests.Sha256.AsSpan().SequenceEqual(record.Key.Cid.Digest)))
        {
            throw new ElsewhereException(
                new IntegrityException($"{record.Key.Cid} changed on its way to another location."));
        }
    }

    private async Task PumpAsync(ObjectRecord record, PipeWriter writer, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await using var reader = await OpenHeldAsync(record.Key, cancellationToken);
            await reader.CopyToAsync(writer, 0, record.SizeBytes, cancellationToken);
        }
        catch (Exception fault) when (fault is LocationException or IntegrityException)
        {
            failure = new ElsewhereException(fault);
            throw failure;
        }
        catch (Exception fault)
        {
            failure = fault;
            throw;
        }
        finally
        {
            await writer.CompleteAsync(failure);
        }
    }

    private async ValueTask ReadWholeAsync(
        ObjectRecord record, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            var read = await BlockPipeWriter.ReadAsync(
                await OpenHeldAsync(record.Key, cancellationToken), 0, destination, cancellationToken);
            if (read != destination.Length)
            {
                throw new IntegrityException(
                    $"{record.Key.Cid} could be read to byte {read} of {destination.Length} only.");
            }
        }
        catch (Exception fault) when (fault is LocationException or IntegrityException)
        {
            throw new ElsewhereException(fault);
        }
    }

    private async ValueTask<IContentReader> OpenHeldAsync(ContentKey key, CancellationToken cancellationToken) =>
        await OpenAtLocationAsync(key, isForReader: false, cancellationToken)
        ?? throw new IntegrityException($"{key.Cid} is not here any more.");

    private FailureDomainLevel FailureDomain =>
        _ports.Tiers?.Placement.FailureDomain ?? FailureDomainLevel.Device;

    /// <summary>Locations whose copies count when another one is to go.</summary>
    private ImmutableDictionary<LocationId, LocationTraits> ReliedOn() =>
        _bound.RemoveRange(_bound.Keys.Where(_absences.IsAway));

    /// <summary>Finds the copies at a location that their objects do not need, as of now.</summary>
    internal Func<ObjectRecord, Copy?> SparesAt(LocationId location)
    {
        var (reliedOn, level) = (ReliedOn(), FailureDomain);
        return record => Eviction.FindSpare(record, location, reliedOn, level);
    }
}
