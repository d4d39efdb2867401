using CimStore.Locations;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What a location does beyond that where it keeps its copies itself, without the journal.</summary>
public abstract class KeptCopiesContract : LocationContract
{
    [Fact]
    public async Task A_newer_copy_of_the_same_content_survives_the_release_of_the_older()
    {
        foreach (var size in new[] { 100, 2_000_000 })
        {
            var content = Samples.Bytes(size, 1);
            var (key, older) = await AdmitAsync(content);
            var (_, newer) = await AdmitAsync(content);

            await Location.ReleaseAsync(key, older.Incarnation, Token);

            Assert.NotEqual(older.Incarnation, newer.Incarnation);
            Assert.Null(await Location.ReadAsync(key, older, 0, new byte[10], Token));
            Assert.Equal(content, await ReadAllAsync(key, newer, size));
        }
    }

    [Fact]
    public async Task A_copy_given_up_while_it_is_read_is_read_whole_or_absent()
    {
        for (var round = 0; round < 10; round++)
        {
            var size = round % 2 == 0 ? 200_000 : 1_500_000;
            var content = Samples.Bytes(size, round);
            var (key, copy) = await AdmitAsync(content);
            var readers = Enumerable.Range(0, 6)
                .Select(_ => Task.Run(() => ReadAllAsync(key, copy, size))).ToList();

            await Location.ReleaseAsync(key, copy.Incarnation, Token);

            Assert.All(await Task.WhenAll(readers), read => Assert.True(read is null || content.SequenceEqual(read)));
            Assert.Null(await Location.ReadAsync(key, copy, 0, new byte[10], Token));
        }
    }

    [Fact]
    public async Task A_copy_says_how_it_is_stored()
    {
        var content = Samples.Bytes(3000, 1);
        await using var staged = await Location.StageAsync(null, Token);
        var manifest = await LocationUnderTest.WriteAsync(staged, content, Token);
        var header = new CopyHeader(0, 1, "key-1");

        await staged.SealAsync(manifest with { Header = header }, Token);

        var held = Assert.Single(await Location.ListCopiesAsync(null, Token).ToListAsync(Token));
        Assert.Equal(header, held.Manifest.Header);
    }
}
