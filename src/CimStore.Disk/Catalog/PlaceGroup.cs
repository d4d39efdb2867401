namespace CimStore.Disk.Catalog;

/// <summary>
/// The places of up to 16 LSNs that follow each other, under one key of the index: records come in the order of their
/// LSNs, and a key costs the index more than what is in it.
/// </summary>
internal sealed class PlaceGroup(ulong number)
{
    public const int PlacesMax = 16;
    public const int SizeBytesMax = PlacesMax * (1 + Place.SizeBytesMax);

    private readonly Place?[] _places = new Place?[PlacesMax];

    public ulong Number => number;

    /// <summary>Set between a change and its way into the index.</summary>
    public bool IsChanged { get; set; }

    public Place? this[ulong lsn]
    {
        get => _places[lsn % PlacesMax];
        set => _places[lsn % PlacesMax] = value;
    }

    public static ulong NumberOf(ulong lsn) => lsn / PlacesMax;

    public int Write(Span<byte> destination)
    {
        var writer = new PackedWriter(destination);
        for (var index = 0; index < PlacesMax; index++)
        {
            if (_places[index] is { } place)
            {
                writer.Byte((byte)index);
                place.Write(ref writer);
            }
        }

        return writer.Length;
    }

    public static PlaceGroup Read(ulong number, ReadOnlySpan<byte> source)
    {
        var group = new PlaceGroup(number);
        var reader = new PackedReader(source);
        while (TryRead(ref reader, out var index, out var place))
        {
            group._places[index] = place;
        }

        return group;
    }

    /// <summary>One place, without the others.</summary>
    public static Place? Find(ulong lsn, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        while (TryRead(ref reader, out var index, out var place))
        {
            if (index == lsn % PlacesMax)
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>Adds the places behind an LSN, in order.</summary>
    public void AddBehind(ulong lsn, List<(ulong Lsn, Place Place)> places)
    {
        var first = number * PlacesMax;
        for (var index = 0U; index < PlacesMax; index++)
        {
            if (first + index > lsn && _places[index] is { } place)
            {
                places.Add((first + index, place));
            }
        }
    }

    /// <returns>False at the end.</returns>
    private static bool TryRead(ref PackedReader reader, out uint index, out Place place)
    {
        if (reader.Remaining == 0)
        {
            (index, place) = (0, default);
            return false;
        }

        index = reader.Byte();
        if (index >= PlacesMax)
        {
            throw PackedReader.Damaged();
        }

        place = Place.Read(ref reader);
        return true;
    }
}
