using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class DirectoryCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cimstore-directories-").FullName;

    [Fact]
    public void One_directory_under_two_names_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "first"), "real");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "second"), Path.Combine(_folder, "first"));

        var errors = Errors("real", "./second/");

        Assert.EndsWith(
            $"{_folder}/second is the same directory as {_folder}/real (location pool, set 0).", Assert.Single(errors),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a/b")]
    [InlineData("a/b/../b/c", "a/b")]
    public void One_directory_inside_another_is_refused(string first, string second) =>
        Assert.Contains(" lies inside ", Assert.Single(Errors(first, second)), StringComparison.Ordinal);

    [Theory]
    [InlineData("a", "ab")]
    [InlineData("a/b", "a-b")]
    public void Directories_beside_each_other_are_not(string first, string second) =>
        Assert.Equal(2, Configured.Read(Json(first, second)).Tiers.Locations.Length);

    [Fact]
    public void The_data_directory_is_held_against_the_others()
    {
        var json = $"{{ \"dataDirectory\": \"{_folder}/a/b\", {Json("a", "b").TrimStart('{')}";

        var error = Assert.Single(Configured.Errors(json));

        Assert.Contains($"$.dataDirectory: {_folder}/a/b lies inside {_folder}/a ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_in_a_circle_are_taken_by_their_names()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(_folder, "b"), "a");

        Assert.StartsWith(_folder, RealPath.Of(Path.Combine(_folder, "a")), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string[] Errors(string first, string second) => Configured.Errors(Json(first, second));

    private string Json(string first, string second)
    {
        var members = $$"""{ "path": "{{_folder}}/{{first}}" }, { "path": "{{_folder}}/{{second}}" }""";
        return $"{{ \"locations\": [{Configured.Log}, {Configured.Pool(1, 1, members)}] }}";
    }
}
