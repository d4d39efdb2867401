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

    /// <summary>Adds the places behind an LSN, in order.</summary>
    public static void ReadAfter(
        ulong number, ulong after, ReadOnlySpan<byte> source, List<(ulong Lsn, Place Place)> places)
    {
        var reader = new PackedReader(source);
        while (reader.Remaining > 0)
        {
            var lsn = (number * PlacesMax) + IndexOf(ref reader);
            var place = Place.Read(ref reader);
            if (lsn > after)
            {
                places.Add((lsn, place));
            }
        }
    }

    public static PlaceGroup Read(ulong number, ReadOnlySpan<byte> source)
    {
        var group = new PlaceGroup(number);
        var reader = new PackedReader(source);
        while (reader.Remaining > 0)
        {
            var index = IndexOf(ref reader);
            group._places[index] = Place.Read(ref reader);
        }

        return group;
    }

    /// <summary>One place, without the others.</summary>
    public static Place? Find(ulong lsn, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        while (reader.Remaining > 0)
        {
            var index = IndexOf(ref reader);
            var place = Place.Read(ref reader);
            if (index == lsn % PlacesMax)
            {
                return place;
            }
        }

        return null;
    }

    private static uint IndexOf(ref PackedReader reader) =>
        reader.Byte() is var index and < PlacesMax ? index : throw PackedReader.Damaged();
}
