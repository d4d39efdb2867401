using System.Globalization;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Both ways: what the catalog says is at a location, and what a location has that the catalog does not say. The
// journal's own log is compared by the check of the store.
public sealed partial class StorageNode
{
    /// <summary>How long a node may take from sealing a copy to telling of it.</summary>
    private static readonly TimeSpan OnItsWayMax = TimeSpan.FromHours(1);

    /// <summary>The part that walks the catalog; the others bear the name of their location, which has no asterisk.
    /// </summary>
    private const string CatalogPart = "*";

    /// <summary>What a look at one copy costs a medium that has to seek for it, in bytes it could have read.</summary>
    private const int LookBytes = 64 << 10;

    private bool _isComparing;

    private enum Stray
    {
        /// <summary>It is being made, or was journaled or given up while it was looked at.</summary>
        None,

        /// <summary>Its object has the copies its class requires without it, or is deleted.</summary>
        Surplus,

        /// <summary>Its object has fewer, and none there.</summary>
        Needed,

        /// <summary>Its object has fewer, and another one there.</summary>
        Spare,

        /// <summary>The catalog never heard of its object.</summary>
        Unknown,
    }

    /// <summary>
    /// Compares the catalog with every location but the log, both ways, while the node is used. What it mends it may
    /// mend again.
    /// </summary>
    /// <exception cref="RefusedException">Another one is running (<c>fsck-running</c>), or the place to go on from
    /// is none (<c>fsck-cursor</c>).</exception>
    public async IAsyncEnumerable<CheckStep> FsckAsync(
        FsckRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (part, after) = ParseCursor(request.After);
        if (Interlocked.Exchange(ref _isComparing, true))
        {
            throw Refuse(
                "fsck-running",
                "The catalog is being compared with the locations already: wait for its end, or end it. A node does it "
                + "by itself soon after its start.");
        }

        try
        {
            var steps = new ToldSteps(_time);
            var work = steps.RunAsync(
                token => CompareAsync(steps, request, part, after, token), cancellationToken);
            await foreach (var step in work)
            {
                yield return step;
            }
        }
        finally
        {
            Volatile.Write(ref _isComparing, false);
        }
    }

    private (string Part, ContentKey? After) ParseCursor(string? cursor)
    {
        if (cursor is null)
        {
            return (CatalogPart, null);
        }

        var colon = cursor.IndexOf(':', StringComparison.Ordinal);
        var part = colon < 0 ? cursor : cursor[..colon];
        var isPart = part == CatalogPart || Away().Any(location => location.Id.Name == part);
        Cid cid = default;
        return isPart && (colon < 0 || Cid.TryParse(cursor.AsSpan(colon + 1), out cid, out _))
            ? (part, colon < 0 ? null : ContentKey.Shared(cid))
            : throw Refuse("fsck-cursor", $"'{cursor}' is no place to go on from: begin anew, without it.");
    }

    /// <summary>Every location but the journal's own.</summary>
    private IEnumerable<ILocation> Away() => _ports.Locations.Where(location => !IsJournals(location));

    private async Task CompareAsync(
        ToldSteps steps, FsckRequest request, string part, ContentKey? after, CancellationToken cancellationToken)
    {
        if (part == CatalogPart)
        {
            await CompareCatalogAsync(steps, request, after, cancellationToken);
            (part, after) = ("", null);
        }

        foreach (var location in Away())
        {
            if (part.Length == 0 || part == location.Id.Name)
            {
                await CompareLocationAsync(steps, location, request, after, cancellationToken);
                (part, after) = ("", null);
            }
        }
    }

    private async ValueTask CompareCatalogAsync(
        ToldSteps steps, FsckRequest request, ContentKey? after, CancellationToken cancellationToken)
    {
        var done = steps.Begin("records");
        var silent = new HashSet<LocationId>();
        var faulty = (Found: 0L, Mended: 0L);
        await foreach (var record in ObjectsAfterAsync(after?.Cid, cancellationToken))
        {
            foreach (var copy in record.Copies.Where(copy => copy.State == CopyState.Verified))
            {
                await PaceAsync(request, cancellationToken);
                if (silent.Contains(copy.Location)
                    || await LackOfAsync(steps, record.Key, copy, silent, cancellationToken) is not { } lack)
                {
                    continue;
                }

                var fault = await MendLackAsync(record.Key, copy, request.IsMending, cancellationToken);
                faulty = (faulty.Found + 1, faulty.Mended + (fault is null ? 1 : 0));
                await steps.TellAsync(
                    "records", fault is null,
                    $"{record.Key.Cid}: the copy at {copy.Location} {lack}"
                    + (fault is null ? "; made again" : $". {fault}"),
                    cancellationToken);
            }

            if (!record.Copies.Any(static copy => copy.State == CopyState.Verified))
            {
                var why = request.IsMending
                    ? await PayAsync(record.Key, lacksParts: false, cancellationToken) : "--repair tries to mend one.";
                faulty = (faulty.Found + 1, faulty.Mended + (why is null ? 1 : 0));
                await steps.TellAsync(
                    "records", why is null,
                    $"{record.Key.Cid}: no copy counts as right"
                    + (why is null ? "; one was mended" : $". {why}"),
                    cancellationToken);
            }

            done.Add(1, record.SizeBytes);
            steps.Cursor = $"{CatalogPart}:{record.Key.Cid}";
        }

        var isMended = faulty.Found == faulty.Mended;
        var unread = string.Join(", ", silent.Select(static location => location.Name).Order(StringComparer.Ordinal));
        var summary = new CheckStep.Found(
            "records", isMended && silent.Count == 0,
            $"{Sizes.Number(done.Items)} objects; {Sizes.Number(faulty.Found)} copies missing or without some of their "
            + $"parts, {Sizes.Number(faulty.Mended)} made again"
            + (silent.Count == 0 ? "" : $"; copies at {unread} were not looked at"));
        await steps.TellAsync(summary with { IsUnread = isMended && silent.Count > 0 }, cancellationToken);
    }

    /// <summary>What the location says that it lacks of the copy. One that cannot answer is told of once.</summary>
    private async ValueTask<string?> LackOfAsync(
        ToldSteps steps, ContentKey key, Copy copy, HashSet<LocationId> silent, CancellationToken cancellationToken)
    {
        if (LocationOf(copy) is not { } location)
        {
            silent.Add(copy.Location);
            await steps.TellUnreadAsync(
                copy.Location.Name, "It is not part of this node, and copies are said to be there: bind it.",
                cancellationToken);
            return null;
        }

        if (IsJournals(location))
        {
            return null;
        }

        try
        {
            var held = await location.DescribeAsync(key, copy, cancellationToken);
            var parts = location.Traits.PartCount;
            _thin.TryNote(key, copy.Location, copy.Incarnation, parts - (held?.Parts ?? 0));
            return held is null ? "is missing"
                : held.Fault ?? (held.Parts < parts ? $"has {held.Parts} of {parts} parts" : null);
        }
        catch (IntegrityException wrong)
        {
            return $"cannot say what it is: {wrong.Message}";
        }
        catch (LocationException failure)
        {
            _absences.Note(copy.Location, failure);
            silent.Add(copy.Location);
            await steps.TellUnreadAsync(copy.Location.Name, failure.Message, cancellationToken);
            return null;
        }
    }

    /// <returns>Why it is missing still; null when it was made again, or is wanted no more.</returns>
    private async ValueTask<string?> MendLackAsync(
        ContentKey key, Copy copy, bool isMending, CancellationToken cancellationToken)
    {
        if (!isMending)
        {
            return "--repair makes it again where the directories for it are in use.";
        }

        if (await PayAsync(key, lacksParts: true, cancellationToken) is { } owed)
        {
            return owed;
        }

        var after = await _catalog.FindAsync(key, cancellationToken);
        return after is { IsPresent: true } && CopyAt(after, copy.Location) is { State: CopyState.Quarantined }
            ? "It is owed still."
            : null;
    }

    private async ValueTask CompareLocationAsync(
        ToldSteps steps, ILocation location, FsckRequest request, ContentKey? after,
        CancellationToken cancellationToken)
    {
        var name = location.Id.Name;
        var done = steps.Begin(name);
        var (found, left, unread) = (0L, 0L, 0L);
        string? away = null;
        ContentKey? last = after;
        try
        {
            await foreach (var held in location.ListCopiesAsync(after, cancellationToken))
            {
                // Behind the last of an object's copies only: who goes on from there has seen them all.
                steps.Cursor = last is { } seen && seen != held.Manifest.Key ? $"{name}:{seen.Cid}" : steps.Cursor;
                last = held.Manifest.Key;
                await PaceAsync(request, cancellationToken);
                done.Add(1, held.Manifest.SizeBytes);
                if (held.Fault is not null && await AbsenceOfAsync(location, held, cancellationToken) is { } absence)
                {
                    (unread, away) = (unread + 1, away ?? absence);
                    continue;
                }

                if (await IsKnownAsync(location.Id, held.Manifest, cancellationToken) || IsOnItsWay(held))
                {
                    continue;
                }

                var (stray, isSettled, detail) = await SettleAsync(location, held, request, cancellationToken);
                if (stray != Stray.None)
                {
                    (found, left) = (found + 1, left + (isSettled ? 0 : 1));
                    await steps.TellAsync(name, isSettled, detail, cancellationToken);
                }
            }

            if (away is not null)
            {
                await steps.TellUnreadAsync(
                    name,
                    $"{Sizes.Number(unread)} of {Sizes.Number(done.Items)} copies were not looked at, as what holds "
                    + $"them is away. {away}",
                    cancellationToken);
            }

            if (unread < done.Items || done.Items == 0)
            {
                var used = (await location.MeasureSpaceAsync(cancellationToken)).BytesUsed;
                await steps.TellAsync(
                    name, left == 0,
                    $"{Sizes.Number(done.Items - unread)} copies of {Sizes.Of(done.SizeBytes)}, {Sizes.Of(used)} on "
                    + $"the medium; {Sizes.Number(found)} that no record names, {Sizes.Number(left)} of them left",
                    cancellationToken);
            }
        }
        catch (LocationException failure)
        {
            await steps.TellUnreadAsync(
                name, $"It is away, and its copies were not looked at. {failure.Message}", cancellationToken);
        }
    }

    /// <summary>Why nothing is known of a copy that does not say what it is; null where it is damaged.</summary>
    private static async ValueTask<string?> AbsenceOfAsync(
        ILocation location, HeldCopy held, CancellationToken cancellationToken)
    {
        try
        {
            var (key, incarnation) = (held.Manifest.Key, held.Manifest.Incarnation);
            var copy = new Copy(
                location.Id, incarnation, CopyState.Verified, held.Manifest.Header, DateTimeOffset.UnixEpoch);
            await location.DescribeAsync(key, copy, cancellationToken);
            return null;
        }
        catch (IntegrityException)
        {
            return null;
        }
        catch (LocationException failure)
        {
            return failure.Message;
        }
    }

    private ValueTask PaceAsync(FsckRequest request, CancellationToken cancellationToken) =>
        request.IsPaced ? _scrubPace.TakeAsync(LookBytes, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>
    /// Another node may have sealed it just now and be about to tell of it: its locks are not seen here. What is this
    /// young is left to the next comparison.
    /// </summary>
    private bool IsOnItsWay(HeldCopy held) =>
        !_journal.HoldsContent && held.Created > _time.GetUtcNow() - OnItsWayMax;

    private async ValueTask<bool> IsKnownAsync(
        LocationId location, CopyManifest manifest, CancellationToken cancellationToken) =>
        await _catalog.FindAsync(manifest.Key, cancellationToken) is { } record && Names(record, location, manifest);

    private static bool Names(ObjectRecord record, LocationId location, CopyManifest manifest) =>
        record.Copies.Any(copy => copy.Location == location && copy.Incarnation == manifest.Incarnation);

    /// <summary>What a copy that no record names is, and what became of it.</summary>
    private async ValueTask<(Stray Stray, bool IsSettled, string Detail)> SettleAsync(
        ILocation location, HeldCopy held, FsckRequest request, CancellationToken cancellationToken)
    {
        var (key, incarnation) = (held.Manifest.Key, held.Manifest.Incarnation);
        var stray = await JudgeAsync(location, held.Manifest, request, cancellationToken);
        var origin = held.Fault ?? string.Create(CultureInfo.InvariantCulture, $"made {held.Created:u}");
        var what = string.Create(CultureInfo.InvariantCulture, $"{key.Cid}, copy {incarnation}, {origin}");
        return stray switch
        {
            Stray.Surplus when request.IsMending => (stray, true, $"{what}: no record names it; released."),
            Stray.Surplus => (
                stray, false, $"{what}: no record names it, and its object does not need it. --repair releases it."),
            Stray.Needed when request.IsMending && await TakeBackAsync(location, held, cancellationToken) => (
                stray, true, $"{what}: no record named it, and its object had too few copies; taken back."),
            Stray.Needed => (
                stray, false, $"{what}: no record names it, and its object has too few copies. "
                    + (request.IsMending ? "It could not be taken back; it was kept." : "--repair takes it back.")),
            Stray.Spare => (
                stray, false, $"{what}: no record names it; it was kept, as its object has too few copies elsewhere."),
            Stray.Unknown when request.ReleasesUnknown => (
                stray, true, $"{what}: of an object that the catalog never heard of; released."),
            Stray.Unknown => (
                stray, false, $"{what}: of an object that the catalog never heard of; kept. "
                    + $"'rebuild --from {location.Id}' takes it in, --release-unknown --yes gives it up."),
            _ => (stray, true, ""),
        };
    }

    /// <summary>
    /// Under the object's lock, and released under it. Whoever makes a copy holds the object until it is journaled:
    /// when nobody does now, the maker of this one is gone, and a later one makes another incarnation.
    /// </summary>
    private async ValueTask<Stray> JudgeAsync(
        ILocation location, CopyManifest manifest, FsckRequest request, CancellationToken cancellationToken)
    {
        var key = manifest.Key;
        await _contentLocks.AcquireAsync(key, cancellationToken);
        try
        {
            var record = await _catalog.FindAsync(key, cancellationToken);
            if (_holds.Count(key) > 0 || (record is not null && Names(record, location.Id, manifest))
                // The entry that names it may come true when the journal is opened anew.
                || _isInDoubt)
            {
                return Stray.None;
            }

            var stray = record is null ? Stray.Unknown : await JudgeKnownAsync(record, location.Id, cancellationToken);
            if ((stray == Stray.Surplus && request.IsMending) || (stray == Stray.Unknown && request.ReleasesUnknown))
            {
                await location.ReleaseAsync(key, manifest.Incarnation, CancellationToken.None);
                Log.StrayReleased(_ports.Logger, key.Cid.ToString(), location.Id.Name);
            }

            return stray;
        }
        finally
        {
            _contentLocks.Release(key);
        }
    }

    /// <summary>
    /// Only copies count that were proved, and that their locations say now they have: what is released by itself must
    /// be missed by nobody.
    /// </summary>
    private async ValueTask<Stray> JudgeKnownAsync(
        ObjectRecord record, LocationId there, CancellationToken cancellationToken)
    {
        if (record.Tombstone is { Released: not null })
        {
            return Stray.Surplus;
        }

        var proved = record with
        {
            Copies = [.. record.Copies.Where(copy => copy.State == CopyState.Verified && copy.VerifiedAt > Never)],
        };
        var unseen = await FindUnseenAsync(record.Key, cancellationToken);
        var copies = CopyCount.Of(
            proved, _thin.SeenBy(proved, ReliedOn().RemoveRange(unseen)), FailureDomain);
        return copies >= ConsistencyTable.CopiesRequired(record.Class) ? Stray.Surplus
            : CopyAt(record, there) is { State: CopyState.Verified } ? Stray.Spare
            : Stray.Needed;
    }

    /// <returns>Whether it proved, and is a copy again.</returns>
    private async ValueTask<bool> TakeBackAsync(
        ILocation location, HeldCopy held, CancellationToken cancellationToken)
    {
        var key = held.Manifest.Key;
        if (!_holds.TryHold(key))
        {
            return false;
        }

        try
        {
            var copy = new Copy(
                location.Id, held.Manifest.Incarnation, CopyState.Verified, held.Manifest.Header, _time.GetUtcNow());
            return await _catalog.FindAsync(key, cancellationToken) is { IsPresent: true } record
                && await FaultOfAsync(record, copy, cancellationToken) is null
                && await AddCopyAsync(key, copy, null);
        }
        finally
        {
            _holds.LetGo(key);
        }
    }
}
