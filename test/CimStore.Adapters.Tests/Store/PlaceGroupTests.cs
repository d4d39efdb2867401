using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Locations;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

public sealed class PlaceGroupTests
{
    private const ulong Number = 5;
    private const ulong First = Number * PlaceGroup.PlacesMax;

    private static readonly Place Inline = new(PlaceKind.Inline, new LogPosition(7, 4096, 4700), 600, Guid.Empty);

    private static readonly Place Large = new(
        PlaceKind.Large, new LogPosition(8, uint.MaxValue, 650), 650, new Guid("00112233-4455-6677-8899-aabbccddeeff"));

    [Fact]
    public void Is_read_as_it_was_written_with_its_gaps()
    {
        var bytes = Write((First, Inline), (First + 3, Large), (First + 15, Inline));

        var group = PlaceGroup.Read(Number, bytes);

        Assert.Equal(Inline, group[First]);
        Assert.Equal(Large, group[First + 3]);
        Assert.Equal(Inline, group[First + 15]);
        Assert.Null(group[First + 1]);
        Assert.Equal(Large, PlaceGroup.Find(First + 3, bytes));
        Assert.Null(PlaceGroup.Find(First + 4, bytes));
    }

    [Fact]
    public void Gives_what_is_behind_an_LSN()
    {
        var bytes = Write((First, Inline), (First + 3, Large), (First + 15, Inline));
        var places = new List<(ulong, Place)>();

        PlaceGroup.Read(Number, bytes).AddBehind(First, places);

        Assert.Equal([(First + 3, Large), (First + 15, Inline)], places);
    }

    [Fact]
    public void The_largest_fits_its_room()
    {
        var place = Large with
        {
            Position = new LogPosition(ulong.MaxValue, uint.MaxValue, int.MaxValue), FrontBytes = 0,
        };
        var all = Enumerable.Range(0, PlaceGroup.PlacesMax).Select(index => (First + (ulong)index, place)).ToArray();

        Assert.Equal(place, PlaceGroup.Find(First + 15, Write(all)));
    }

    [Fact]
    public void Damage_is_told()
    {
        var bytes = Write((First, Inline));
        Assert.Throws<IntegrityException>(() => PlaceGroup.Find(First + 1, bytes.AsSpan(..^1)));
        bytes[0] = PlaceGroup.PlacesMax;
        Assert.Throws<IntegrityException>(() => PlaceGroup.Read(Number, bytes));
    }

    private static byte[] Write(params (ulong Lsn, Place Place)[] places)
    {
        var group = new PlaceGroup(Number);
        foreach (var (lsn, place) in places)
        {
            group[lsn] = place;
        }

        Span<byte> bytes = stackalloc byte[PlaceGroup.SizeBytesMax];
        return bytes[..group.Write(bytes)].ToArray();
    }
}
