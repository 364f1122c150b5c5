//! Areas drawn on the map: polygons and circles of a GeoJSON file, and the cells that stand in them. Which do is decided
//! when the set is read; afterwards such an area is one like any other.

use std::fs;
use std::path::Path;

use event::CellId;
use geo::{Coord, Distance, Haversine, Intersects, MultiPolygon, Point};
use geojson::{Feature, GeoJson, GeometryValue};

use super::area::{Area, Columns};
use super::fault::{Fault, Faults};
use super::table::{Header, Row, Table};
use super::{ListError, name_of};

/// The largest drawing, in bytes.
const FILE_LIMIT_BYTES: u64 = 16 << 20;
/// The largest circle, in metres.
const MAX_RADIUS_METRES: f64 = 200_000.0;

/// Where cells stand.
#[derive(Debug, Default)]
pub(crate) struct CellTable {
    cells: Vec<(CellId, Point)>,
}

impl CellTable {
    /// Reads a CSV with the columns of an area and `lon`, `lat` in decimal degrees, of the same datum as the drawings.
    pub(crate) fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let at_header = |fault: Fault| fault.at(table.file(), Some(header.line()));
        let columns = Columns::of(&header).map_err(at_header)?;
        let place = Place::of(&header).map_err(at_header)?;
        let (mut cells, mut faults) = (Vec::new(), Faults::new());
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            let cell = row.fits(&header).and_then(|()| Ok((columns.cell(&row)?, place.read(&row)?)));
            match cell {
                Ok(cell) => cells.push(cell),
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(table.file())?;
        Ok(Self { cells })
    }
}

/// Which columns say where a cell stands.
struct Place {
    longitude: usize,
    latitude: usize,
}

impl Place {
    fn of(header: &Header) -> Result<Self, Fault> {
        const EXAMPLE: &str = "lac,ci,lon,lat";
        let longitude = header.find(&["lon", "lng", "longitude", "经度"]);
        let latitude = header.find(&["lat", "latitude", "纬度"]);
        Ok(Self {
            longitude: longitude.ok_or_else(|| header.lacks("lon", EXAMPLE))?,
            latitude: latitude.ok_or_else(|| header.lacks("lat", EXAMPLE))?,
        })
    }

    fn read(&self, row: &Row<'_, '_>) -> Result<Point, Fault> {
        let degrees = |column: usize, most: f64| {
            let text = row.cell(column);
            let read = text.parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
            read.ok_or_else(|| no_degrees(text, most))
        };
        let (longitude, latitude) = (degrees(self.longitude, 180.0)?, degrees(self.latitude, 90.0)?);
        Ok(Point::new(longitude, latitude))
    }
}

fn no_degrees(text: &str, most: f64) -> Fault {
    Fault::new(
        [format!("`{text}` is no coordinate"), format!("`{text}` 不是坐标")],
        [
            format!("write decimal degrees from -{most} to {most}; perhaps longitude and latitude are swapped"),
            format!("请写十进制度数，-{most} 到 {most}；也可能经度和纬度写反了"),
        ],
    )
}

impl Area {
    /// Reads a GeoJSON file (RFC 7946) of polygons, and of points with a property `radius` in metres; a property `name` is
    /// the area's title. The area holds the cells of the table that stand in any of them, the edge included.
    pub(crate) fn load_drawn(file: &Path, cells: &CellTable) -> Result<Self, ListError> {
        let drawing = read(file).and_then(|text| Drawing::parse(&text)).map_err(|fault| fault.at(file, None))?;
        let inside = cells.cells.iter().filter(|(_, place)| drawing.holds(*place)).map(|(cell, _)| *cell);
        Ok(Self::new(name_of(file), inside).titled(drawing.title))
    }
}

fn read(file: &Path) -> Result<String, Fault> {
    let unreadable = || Fault::new(["cannot be read", "无法读取"], ["save it as UTF-8 text", "请保存为 UTF-8 文本"]);
    let size = fs::metadata(file).map_err(|_| unreadable())?.len();
    if size > FILE_LIMIT_BYTES {
        return Err(Fault::new(["is larger than 16 MB", "超过 16 MB"], ["draw fewer corners", "请减少图形的顶点"]));
    }
    fs::read_to_string(file).map_err(|_| unreadable())
}

/// What is drawn in one file.
#[derive(Debug, Default)]
struct Drawing {
    title: Option<String>,
    polygons: Vec<MultiPolygon>,
    /// Centre, and radius in metres.
    circles: Vec<(Point, f64)>,
}

impl Drawing {
    fn parse(text: &str) -> Result<Self, Fault> {
        let drawing: GeoJson = text.trim_start_matches('\u{feff}').parse().map_err(|_| no_drawing())?;
        let features = match drawing {
            GeoJson::FeatureCollection(collection) => collection.features,
            GeoJson::Feature(feature) => vec![feature],
            GeoJson::Geometry(geometry) => vec![Feature::from(geometry)],
        };
        let mut drawing = Self::default();
        for feature in features {
            drawing.add(&feature)?;
        }
        if drawing.polygons.is_empty() && drawing.circles.is_empty() {
            return Err(no_shape());
        }
        Ok(drawing)
    }

    fn add(&mut self, feature: &Feature) -> Result<(), Fault> {
        if self.title.is_none() {
            let name = feature.property("name").and_then(|name| name.as_str());
            self.title = name.filter(|name| !name.is_empty()).map(str::to_owned);
        }
        let Some(geometry) = &feature.geometry else { return Err(no_shape()) };
        match &geometry.value {
            GeometryValue::Point { .. } => {
                let centre = Point::try_from(geometry.value.clone()).map_err(|_| no_drawing())?;
                on_earth(centre.0)?;
                let radius = feature.property("radius").and_then(|radius| radius.as_f64());
                let radius =
                    radius.filter(|metres| (1.0..=MAX_RADIUS_METRES).contains(metres)).ok_or_else(no_radius)?;
                self.circles.push((centre, radius));
            }
            GeometryValue::Polygon { .. } => {
                let polygon = geo::Polygon::try_from(geometry.value.clone()).map_err(|_| no_drawing())?;
                self.push(MultiPolygon::new(vec![polygon]))?;
            }
            GeometryValue::MultiPolygon { .. } => {
                self.push(MultiPolygon::try_from(geometry.value.clone()).map_err(|_| no_drawing())?)?;
            }
            _ => return Err(no_shape()),
        }
        Ok(())
    }

    fn push(&mut self, polygons: MultiPolygon) -> Result<(), Fault> {
        let rings = polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        for ring in rings {
            if ring.0.len() < 4 {
                return Err(no_shape());
            }
            ring.coords().try_for_each(|corner| on_earth(*corner))?;
        }
        self.polygons.push(polygons);
        Ok(())
    }

    fn holds(&self, place: Point) -> bool {
        self.polygons.iter().any(|polygons| polygons.intersects(&place))
            || self.circles.iter().any(|(centre, radius)| Haversine.distance(*centre, place) <= *radius)
    }
}

fn on_earth(place: Coord) -> Result<(), Fault> {
    if place.x.abs() <= 180.0 && place.y.abs() <= 90.0 {
        return Ok(());
    }
    Err(no_degrees(&format!("{}, {}", place.x, place.y), 180.0))
}

fn no_drawing() -> Fault {
    Fault::new(
        ["this is no GeoJSON", "不是 GeoJSON 文件"],
        [
            "export the area from a map tool as GeoJSON, longitude before latitude",
            "请在地图工具里把区域导出为 GeoJSON，经度在前、纬度在后",
        ],
    )
}

fn no_shape() -> Fault {
    Fault::new(
        ["this draws no area", "没有画出区域"],
        ["draw polygons, or points with the property `radius` in metres", "请画多边形，或带 `radius`(单位米)属性的点"],
    )
}

fn no_radius() -> Fault {
    Fault::new(
        ["a circle has no usable radius", "圆没有可用的半径"],
        [
            "give the point the property `radius` in metres, up to 200000",
            "请给这个点写上 `radius` 属性，单位米，最大 200000",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People's Square at its corners, and two cells nearby.
    const CELLS: &str = "lac,ci,lon,lat\n1,1,121.4737,31.2304\n1,2,121.4800,31.2304\n1,3,121.4700,31.2300\n";
    const SQUARE: &str = r#"{"type": "Polygon", "coordinates":
        [[[121.47, 31.23], [121.476, 31.23], [121.476, 31.232], [121.47, 31.232], [121.47, 31.23]]]}"#;

    fn cells() -> CellTable {
        CellTable::read(&Table::parse(Path::new("cells.csv"), CELLS.into()).unwrap()).unwrap()
    }

    fn check(drawing: &str, expected: &[u16]) {
        let drawing = Drawing::parse(drawing).unwrap();
        let inside = cells().cells.into_iter().filter(|(_, place)| drawing.holds(*place));
        assert_eq!(inside.filter_map(|(cell, _)| cell.ci).collect::<Vec<_>>(), expected, "{drawing:?}");
    }

    #[test]
    fn a_polygon_holds_the_cells_inside_it_and_on_its_edge() {
        check(SQUARE, &[1, 3]);
        let hole = r#"{"type": "Polygon", "coordinates": [
            [[121.47, 31.23], [121.476, 31.23], [121.476, 31.232], [121.47, 31.232], [121.47, 31.23]],
            [[121.473, 31.2301], [121.475, 31.2301], [121.475, 31.231], [121.473, 31.231], [121.473, 31.2301]]]}"#;
        check(hole, &[3]);
    }

    #[test]
    fn a_circle_holds_the_cells_within_its_radius_on_the_ground() {
        let circle = |metres: u32| {
            format!(
                r#"{{"type": "Feature", "properties": {{"name": "人民广场", "radius": {metres}}},
                "geometry": {{"type": "Point", "coordinates": [121.4737, 31.2304]}}}}"#
            )
        };
        check(&circle(10), &[1]);
        check(&circle(590), &[1, 3]);
        // 0.0063° of longitude at this latitude are 599 metres.
        check(&circle(610), &[1, 2, 3]);
        assert_eq!(Drawing::parse(&circle(10)).unwrap().title.as_deref(), Some("人民广场"));
    }

    #[test]
    fn several_features_are_one_area() {
        let both = format!(
            r#"{{"type": "FeatureCollection", "features": [
            {{"type": "Feature", "properties": null, "geometry": {SQUARE}}},
            {{"type": "Feature", "properties": {{"radius": 50}},
              "geometry": {{"type": "Point", "coordinates": [121.48, 31.2304]}}}}]}}"#
        );
        check(&both, &[1, 2, 3]);
    }

    #[test]
    fn what_is_no_drawing_is_refused_with_what_to_do() {
        let refused = |text: &str, expected: &str| {
            let [message, _] = *Drawing::parse(text).unwrap_err().message;
            assert!(message.contains(expected), "{text}: {message}");
        };
        refused("lac,ci\n1,1\n", "no GeoJSON");
        refused("{}", "no GeoJSON");
        refused(r#"{"type": "FeatureCollection", "features": []}"#, "draws no area");
        refused(r#"{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}"#, "draws no area");
        refused(r#"{"type": "Point", "coordinates": [121, 31]}"#, "no usable radius");
        refused(r#"{"type": "Polygon", "coordinates": [[[31, 121], [32, 121], [32, 122], [31, 121]]]}"#, "coordinate");
        let swapped = Table::parse(Path::new("cells.csv"), b"lac,ci,lon,lat\n1,1,31.2,121.4\n".to_vec()).unwrap();
        assert!(CellTable::read(&swapped).unwrap_err().to_string().contains("swapped"));
    }
}
