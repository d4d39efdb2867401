using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Emergency space (G9): before the disk is full nothing new is taken, and copies that others hold too are given up.
public sealed partial class StorageNode
{
    /// <summary>For whoever begins what ends in a Store: better told now than when all bytes are there.</summary>
    /// <exception cref="LocationException">New content is not taken now.</exception>
    public void RequireIntake()
    {
        if (_rooms.IsHomeFull)
        {
            throw IntakeStopped(_rooms.RoomOf(_home.Id));
        }
    }

    /// <summary>For the gauge, by whoever measures anyway.</summary>
    internal void NoteGarbage() => Volatile.Write(ref _garbageBytes, _ports.Maintenance.GarbageBytes);

    /// <summary>
    /// Gives up one copy for want of space. Here it is not enough that the journal says that others are there: they are
    /// looked at, and a location that does not answer, or holds less than the whole of one, does not count.
    /// </summary>
    internal async ValueTask<ReleaseVerdict> EvictAsync(
        ContentKey key, LocationId from, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record
            || CopyAt(record, from) is not { } copy)
        {
            return new ReleaseVerdict(false, "The copy is not there any more.");
        }

        var seen = ImmutableDictionary.CreateBuilder<LocationId, LocationTraits>();
        foreach (var (id, traits) in ReliedOn())
        {
            if (id != from && await IsSeenAsync(record, id, cancellationToken))
            {
                seen.Add(id, traits);
            }
        }

        var rest = record with { Copies = record.Copies.Remove(copy) };
        return await GiveUpCopiesAsync(
            key, [copy], TierWithout(record, rest), seen.ToImmutable(), cancellationToken);
    }

    private async ValueTask<bool> IsSeenAsync(
        ObjectRecord record, LocationId at, CancellationToken cancellationToken)
    {
        if (CopyAt(record, at) is not { State: CopyState.Verified } copy || LocationOf(at) is not { } location)
        {
            return false;
        }

        // Whole: what parts it lacks, it may be the parts that would be needed.
        return await IsCountedAsync(record.Key, copy, location, cancellationToken)
            && _thin.MissingOf(record.Key, copy) == 0;
    }

    /// <summary>Costs small content an addition; it is what keeps the log from being filled up.</summary>
    private ValueTask RequireRoomAsync(long sizeBytes, CancellationToken cancellationToken) =>
        _rooms.IsLookDue(sizeBytes) ? LookForRoomAsync(cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask LookForRoomAsync(CancellationToken cancellationToken)
    {
        await _rooms.MeasureAsync(_home, cancellationToken);
        RequireIntake();
    }

    /// <summary>Large content is refused before it is taken in, where it is known that it would not fit.</summary>
    /// <returns>After how many bytes there has to be another look.</returns>
    private async ValueTask<long> RequireRoomToStageAsync(long? sizeBytes, CancellationToken cancellationToken)
    {
        var room = await _rooms.MeasureAsync(_home, cancellationToken);
        RequireIntake();
        return _rooms.Limits.BytesLeft(room) < sizeBytes
            ? throw DoesNotFit(room, sizeBytes!.Value)
            : _rooms.Limits.LookAfterBytes(room);
    }

    /// <summary>
    /// While large content comes in its own bytes fill the disk, and go with it when it is refused: that it did not fit
    /// says nothing about the next one, so it is not noted.
    /// </summary>
    private async ValueTask<long> RequireRoomToGoOnAsync(long staged, CancellationToken cancellationToken)
    {
        var room = await _home.FindRoomAsync(cancellationToken);
        return _rooms.Limits.IsFull(wasFull: false, room)
            ? throw DoesNotFit(room, staged)
            : staged + _rooms.Limits.LookAfterBytes(room);
    }

    private LocationException IntakeStopped(LocationRoom room) => new(
        LocationFault.IntakeStopped,
        Text($"{_home.Id} is filled to {room.FillShare:P1}; from {_rooms.Limits.FillShareMax:P1} on nothing new ")
        + Text($"is taken before it is below {_rooms.Limits.FillShareResumed:P1}. Nothing was stored. ")
        + "Reading, deleting and moving away go on: delete content, add space, or wait until copies that are verified "
        + "elsewhere are given up.");

    private LocationException DoesNotFit(LocationRoom room, long sizeBytes) => new(
        LocationFault.IntakeStopped,
        Text($"The content, of {sizeBytes} bytes or more, does not fit: {_home.Id} is filled to ")
        + Text($"{room.FillShare:P1} and takes something new up to {_rooms.Limits.FillShareMax:P1}. ")
        + "Nothing was stored. Delete content or add space.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What health shows of locations that take nothing new.</summary>
    private IEnumerable<string> SpaceWarnings() =>
        from location in _ports.Locations
        where _rooms.IsFull(location.Id)
        let room = _rooms.RoomOf(location.Id)
        select Text($"The location {location.Id} is filled to {room.FillShare:P1} ({room.BytesFree >> 20} MiB are ")
            + Text($"free), its limit is {_rooms.Limits.FillShareMax:P1}: it takes nothing new before it is below ")
            + Text($"{_rooms.Limits.FillShareResumed:P1}.");
}
