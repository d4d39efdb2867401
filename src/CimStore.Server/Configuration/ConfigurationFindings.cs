using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>Collects what is wrong with one file: a person puts right all of it at once, not one error a run.</summary>
internal sealed class ConfigurationFindings(JsonSource source)
{
    private readonly List<ConfigurationFinding> _all = [];

    public bool HasErrors => _all.Exists(finding => finding.IsError);

    public void Error(JsonNodeAt node, string message) =>
        _all.Add(source.Finding(true, node.Start, node.Path, message));

    public void Warn(JsonNodeAt node, string message) =>
        _all.Add(source.Finding(false, node.Start, node.Path, message));

    /// <summary>An error that lies in a key, not in its value.</summary>
    public void ErrorAtKey(JsonPropertyAt property, string message) =>
        _all.Add(source.Finding(true, property.NameStart, property.Value.Path, message));

    /// <summary>What somebody says who knows the line alone: it is told of what begins there first.</summary>
    /// <param name="within">The value that it is about.</param>
    public void AtLine(bool isError, JsonNodeAt within, int line, string message)
    {
        var (from, below) = (source.LineStart(line), source.LineStart(line + 1));
        var (start, path) = Places(within).Where(place => place.Start >= from && place.Start < below)
            .DefaultIfEmpty((Start: Math.Max(from, within.Start), within.Path)).MinBy(place => place.Start);
        _all.Add(source.Finding(isError, start, path, message));
    }

    /// <summary>As they stand in the file.</summary>
    public ImmutableArray<ConfigurationFinding> ToArray() =>
        [.. _all.OrderBy(finding => finding.Line).ThenBy(finding => finding.Column)];

    /// <summary>Where the keys and elements inside begin.</summary>
    private static IEnumerable<(int Start, string Path)> Places(JsonNodeAt node) => node.Properties
        .SelectMany(property => Places(property.Value).Prepend((property.NameStart, property.Value.Path)))
        .Concat(node.Items.SelectMany(item => Places(item).Prepend((item.Start, item.Path))));
}
