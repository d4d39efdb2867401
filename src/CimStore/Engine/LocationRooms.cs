using System.Collections.Immutable;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Policies;
using Microsoft.Extensions.Logging;

namespace CimStore.Engine;

/// <summary>
/// How full each location was when it was asked last, and whether it takes something new. The first one, which takes
/// every new content, is asked again after so much was taken in; all of them in each cycle.
/// </summary>
internal sealed class LocationRooms(ImmutableArray<ILocation> locations, SpaceLimits limits, ILogger log)
{
    private readonly ImmutableArray<Measured> _measured =
        [.. locations.Select(static location => new Measured(location.Id))];

    // Before the first look nothing is known, so it comes with the first content.
    private long _takenIn;
    private long _lookAfterBytes;

    public SpaceLimits Limits => limits;

    public bool IsHomeFull => _measured[0].IsFull;

    public double? FillShareOf(LocationId location) => RoomOf(location).FillShare;

    public long? FreeBytesOf(LocationId location) => RoomOf(location).BytesFree;

    public LocationRoom RoomOf(LocationId location) => Of(location)?.Room.Value ?? default;

    public bool IsFull(LocationId location) => Of(location) is { IsFull: true };

    /// <summary>
    /// Counts what is about to be taken in. While the first location is full every content asks: the disk answers in a
    /// microsecond, and so it takes in again as soon as there is room, whoever made it.
    /// </summary>
    /// <returns>Whether the first location is to be measured before it is.</returns>
    public bool IsLookDue(long sizeBytes) =>
        Interlocked.Add(ref _takenIn, sizeBytes) >= Volatile.Read(ref _lookAfterBytes) || IsHomeFull;

    public async ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var location in locations)
        {
            await MeasureAsync(location, cancellationToken);
        }
    }

    /// <summary>
    /// The first location said that it is full, as its own reserve is larger than what the limit leaves: from here on
    /// it is treated as one that reached the limit.
    /// </summary>
    public async ValueTask NoteFullAsync(CancellationToken cancellationToken)
    {
        var room = await MeasureAsync(locations[0], cancellationToken);
        Turn(_measured[0], limits.IsFull(wasFull: true, room), room);
    }

    /// <returns>The room, which is nothing known when the location does not say.</returns>
    public async ValueTask<LocationRoom> MeasureAsync(ILocation location, CancellationToken cancellationToken)
    {
        LocationRoom room = default;
        try
        {
            room = await location.FindRoomAsync(cancellationToken);
        }
        catch (LocationException)
        {
            // Not known is not full: it is asked again in the next cycle.
        }

        Note(Of(location.Id)!, room);
        return room;
    }

    private void Note(Measured measured, LocationRoom room)
    {
        if (ReferenceEquals(measured, _measured[0]))
        {
            Interlocked.Exchange(ref _takenIn, 0);
            Volatile.Write(ref _lookAfterBytes, limits.LookAfterBytes(room));
        }

        measured.Room = new Known(room);
        Turn(measured, limits.IsFull(measured.IsFull, room), room);
    }

    private void Turn(Measured measured, bool isFull, LocationRoom room)
    {
        if (measured.TryTurn(isFull))
        {
            if (isFull)
            {
                Log.IntakeStopped(log, measured.Location.Name, room.FillShare!.Value, limits.FillShareMax);
            }
            else
            {
                Log.IntakeResumed(log, measured.Location.Name, room.FillShare);
            }
        }
    }

    private Measured? Of(LocationId location)
    {
        foreach (var measured in _measured)
        {
            if (measured.Location == location)
            {
                return measured;
            }
        }

        return null;
    }

    private sealed record Known(LocationRoom Value);

    private sealed class Measured(LocationId location)
    {
        private int _isFull;

        public LocationId Location => location;

        /// <summary>Replaced as a whole: its two numbers are read together.</summary>
        public volatile Known Room = new(default(LocationRoom));

        public bool IsFull => Volatile.Read(ref _isFull) != 0;

        /// <returns>Whether it was otherwise before: of several who find the same one tells it.</returns>
        public bool TryTurn(bool isFull) => Interlocked.Exchange(ref _isFull, isFull ? 1 : 0) != (isFull ? 1 : 0);
    }
}
